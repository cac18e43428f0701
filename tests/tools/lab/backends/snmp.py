"""Net-SNMP's agents and its receiver of traps, and the programs that ask and tell them."""
from .server import Server

NAME = "a switch on the branch's LAN"
SYSTEM_NAME = "1.3.6.1.2.1.1.5.0"
SYSTEM = "1.3.6.1.2.1.1"
PLACE = "1.3.6.1.2.1.1.6.0"
TABLE = "1.3.6.1.4.1.8072.9999.7"
COLD_START = "1.3.6.1.6.3.1.1.5.1"
AGENT = """\
rwcommunity public 127.0.0.1
rwuser alice priv
createUser alice SHA wonderland AES wonderland
"""
RECEIVER = """\
disableAuthorization yes
format2 %v\\n
"""


def ask(server, program, node, where, version, *arguments, check=True):
    """As a line for each value, without names."""
    return server.network.run(node, program, "-m", "", "-Oqvn", *version, "-t", "1", "-r", "5", where, *arguments, check=check,
                              timeout=120).stdout.replace('"', "").splitlines()


class Snmp(Server):
    def __init__(self, lab):
        super().__init__(lab, "snmpd", "a")
        config = self.write("snmpd.conf", f"rocommunity public 192.168.1.0/24\nsysName {NAME}\n")
        self.start("snmpd", "-f", "-Lo", "-C", "-c", config, "-I", "system_mib,snmp_mib", "udp:192.168.1.10:161",
                   answers=lambda: NAME in self.get("a", "192.168.1.10:161"))

    def get(self, node, where):
        return self._client("snmpget", node, where, SYSTEM_NAME, check=False)

    def walk(self, node, where):
        return self._client("snmpwalk", node, where, SYSTEM)

    def _client(self, program, node, where, name, **options):
        return self.network.run(node, program, "-m", "", "-On", "-v2c", "-c", "public", "-t", "1", "-r", "5", where,
                                name, **options).stdout


class Agent(Server):
    """At the hoster: a table of ROWS rows, and a place that may be changed, for versions 2c and 3."""
    ROWS = 200
    V2 = ("-v2c", "-c", "public")
    V3 = ("-v3", "-u", "alice", "-l", "authPriv", "-a", "SHA", "-A", "wonderland", "-x", "AES", "-X", "wonderland")

    def __init__(self, lab, port):
        super().__init__(lab, "agent")
        rows = "".join(f'override .{TABLE}.{number} octet_str "row {number}"\n' for number in range(1, self.ROWS + 1))
        config, where = self.write("snmpd.conf", AGENT + rows), f"127.0.0.1:{port}"
        self.start("env", f"SNMP_PERSISTENT_DIR={self.folder}", "snmpd", "-f", "-Lo", "-C", "-c", config, f"udp:{where}",
                   answers=lambda: ask(self, "snmpget", "b", where, self.V2, f"{TABLE}.1", check=False) == ["row 1"])

    def bulk_walk(self, node, where, version):
        return ask(self, "snmpbulkwalk", node, where, version, TABLE)

    def get(self, node, where, version):
        """The last row."""
        return ask(self, "snmpget", node, where, version, f"{TABLE}.{self.ROWS}")

    def place(self, node, where, version):
        return ask(self, "snmpget", node, where, version, PLACE)

    def set_place(self, node, where, version, place):
        return ask(self, "snmpset", node, where, version, PLACE, "s", place)


class TrapReceiver(Server):
    def __init__(self, lab, port):
        super().__init__(lab, "snmptrapd")
        config = self.write("snmptrapd.conf", RECEIVER)
        self.start("env", f"SNMP_PERSISTENT_DIR={self.folder}", "snmptrapd", "-f", "-Lf", self.path("traps"), "-C", "-c", config,
                   "-m", "", "-OQn", f"udp:127.0.0.1:{port}", answers=lambda: self.takes_datagrams(port))

    def trap(self, node, where, text):
        """Sent once."""
        ask(self, "snmptrap", node, where, Agent.V2, "", COLD_START, PLACE, "s", text)

    def inform(self, node, where, text):
        """Until it is answered."""
        ask(self, "snmpinform", node, where, Agent.V2, "", COLD_START, PLACE, "s", text)

    def texts(self):
        with open(self.path("traps"), encoding="utf-8") as file:
            return [line.rpartition(f".{PLACE} = ")[2].strip().strip('"') for line in file if f".{PLACE} = " in line]
