"""Net-SNMP's agent on the branch's LAN, and snmpget."""
from .server import Server

NAME = "a switch on the branch's LAN"
SYSTEM_NAME = "1.3.6.1.2.1.1.5.0"
SYSTEM = "1.3.6.1.2.1.1"


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
