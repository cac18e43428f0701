"""A Funnel node as an administrator sets it up: the package installed in a guest, INI files in /etc/funnel, units enabled.

         guest a: "branch"                                    guest b: "hoster"
    +--------------------------------+                 +--------------------------------+
    | systemd                        |                 | systemd                        |
    | dig, ldapsearch                |                 |                    nsd, slapd *|
    |    | 127.0.0.1, ::1            |                 |      127.0.0.1, ::1    |       |
    | funnel-udpd@dns    funnel-authd|                 |funnel-authd    funnel-udpd@dns |
    | funnel-tcpd@ldap   funnel-sctpd|====== lan ======|funnel-sctpd    funnel-tcpd@ldap|
    +---------------------------+----+                 +----+---------------------------+
                                |        namespace k        |
                                +------- krb5kdc -----------+
    * next to the guest, in its network namespace
"""
import os
import shutil

from .asked import Asked
from .base import wait_until
from .guest import Guest
from .netns import ADDRESSES
from .node import NODE_NAMES, PEER_NAMES
from .nodes import Nodes
from .service import Peer, ini, principal

KEYTAB = "/etc/funnel/keytabs/funnel.keytab"


class InstalledNode(Asked):
    def __init__(self, workspace, network, realm, letter):
        self.letter = letter
        self.node_name = NODE_NAMES[letter]
        self.peer_name = PEER_NAMES[letter]
        self.realm = realm
        self.guest = Guest(workspace, network, letter, self.node_name)
        self.settings = {}  # [section][key] of funnel.conf beyond the node's name
        with open(realm.config, encoding="utf-8") as config:
            self.guest.write("/etc/krb5.conf", config.read())
        hosts = "".join(f"{ADDRESSES[one]} {NODE_NAMES[one]}\n" for one in ("a", "b"))
        self.guest.write("/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n{hosts}")
        # A name server that refuses at once. Without this line it would be 127.0.0.1, which is the service under test.
        self.guest.write("/etc/resolv.conf", "nameserver 127.0.0.2\n")

    # The package

    def install(self, package):
        """`apt install ./funnel_*.deb`: the first time, as an upgrade, or back to an older one."""
        name = os.path.basename(package)
        shutil.copy(package, self.guest.path(f"/root/{name}"))
        return self.guest.shell(f"cd /root && apt-get -q -y --allow-downgrades install ./{name} && rm {name}", timeout=120)

    @property
    def version(self):
        return self.guest.run("dpkg-query", "--show", "--showformat=${Version} ${db:Status-Status}", "funnel").stdout

    # The configuration

    def write(self, name, text):
        self.guest.write(f"/etc/funnel/{name}", text)

    def read(self, name):
        return self.guest.read(f"/etc/funnel/{name}")

    def configure(self, services, there, peer):
        sections = {"node": {"name": self.node_name}}
        for section, keys in self.settings.items():
            sections.setdefault(section, {}).update(keys)
        self.write("funnel.conf", ini(sections))
        self.write(f"peers.d/{there.peer_name}.ini", peer.ini(there))
        for service in services:
            text = service.listen_ini if service.at == self.letter else service.connect_ini
            self.write(f"services.d/{service.name}.ini", text(self, there, None))
        self.write_keytab(services)

    def write_keytab(self, services):
        """Keys as the KDC has them now, readable as SECURITY.md wants it."""
        principals = [principal(name, self.node_name) for name in ["funnel", *(one.name for one in services)]]
        for one in principals:
            self.realm.add(one)
        self.replace_keytab(*principals)

    def replace_keytab(self, *principals):
        self.realm.keytab(self.guest.path(KEYTAB), *principals)
        self.guest.shell(f"chown root:funnel-authd {KEYTAB}; chmod 0640 {KEYTAB}")

    # Units

    def enable(self, *services):
        """What the manual says starts a configured service."""
        for service in services:
            self.guest.systemctl("enable", "--now", service.unit + ".socket")

    def funnelctl(self, *arguments, check=True):
        # Of `status` the exit status is an answer: 1 says that something needs attention.
        check = check and arguments[0] != "status"
        return self.guest.run("funnelctl", *arguments, check=check)

    def wait_journal(self, *texts, **options):
        """A line of any unit of ours that has all of these."""
        def found():
            lines = self.guest.journal("-u", "funnel*").splitlines()
            return any(all(text in line for text in texts) for line in lines)
        wait_until(found, f"{self.peer_name}: a line in the journal with {texts}", interval=0.2, detail=self.describe, **options)

    def stop(self):
        self.guest.remove()

    def sanitizer_reports(self):
        """The package is built without them."""
        return []

    def describe(self):
        """All that helps to see what went wrong here."""
        if not self.guest.pid:
            return f"=== {self.peer_name}: the guest does not run"
        units = self.guest.systemctl("list-units", "--all", "funnel*", check=False).stdout
        return "\n".join([f"=== {self.peer_name}", self.funnelctl("status", check=False).stdout, units,
                          self.guest.journal("-u", "funnel*", "-n", "60")])


class InstalledTunnel(Nodes):
    """`prepare` installs and configures, `start` enables all services."""

    def __init__(self, package, services, workspace=None, with_nsd=False, with_slapd=False, settings=None):
        self.package = package
        self.services = list(services)
        self.settings = settings or {}
        super().__init__(workspace, "ab", with_nsd, with_slapd)

    def _make_node(self, letter):
        node = InstalledNode(self.workspace, self.network, self.realm, letter)
        node.settings = self.settings
        return node

    def _prepare_node(self, letter):
        self.nodes[letter].guest.start()

    def prepare(self):
        for node, there, peer in ((self.a, self.b, Peer(connect=NODE_NAMES["b"])), (self.b, self.a, Peer())):
            node.install(self.package)
            node.configure(self.services, there, peer)
        return self

    def start(self):
        self.b.enable(*self.services)
        self.a.enable(*self.services)
        return self

    def run(self, letter, *command, **options):
        return self.nodes[letter].guest.run(*command, **options)

    def wait_up(self, deadline=30):
        for node in (self.a, self.b):
            node.wait_association(deadline=deadline)
        return self
