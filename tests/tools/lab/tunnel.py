"""The whole: two nodes, a link between them, a realm, and backends.

         namespace a: "branch"                                namespace b: "hoster"
    +--------------------------------+                 +--------------------------------+
    | dig, ldapsearch                |                 |                    nsd, slapd  |
    |    | 127.0.0.1, ::1            |                 |      127.0.0.1, ::1    |       |
    | funnel-udpd@dns    funnel-authd|                 |funnel-authd    funnel-udpd@dns |
    | funnel-tcpd@ldap   funnel-sctpd|====== lan ======|funnel-sctpd    funnel-tcpd@ldap|
    +---------------------------+----+                 +----+---------------------------+
                                |        namespace k        |
                                +------- krb5kdc -----------+
"""
from . import nsd as nsd_module
from . import slapd as slapd_module
from .base import LabError, Workspace
from .netns import ADDRESSES, Network
from .node import Node
from .nsd import Nsd
from .realm import Realm
from .service import Peer, Service
from .slapd import Slapd


def dns_service(**changes):
    return Service(**{"name": "dns", "protocol": "udp", "listen": ("127.0.0.1:5353", "[::1]:5353"),
                      "connect": f"127.0.0.1:{nsd_module.PORT}", **changes})


def ldap_service(**changes):
    return Service(**{"name": "ldap", "protocol": "tcp", "listen": ("127.0.0.1:3389", "[::1]:3389"),
                      "connect": f"127.0.0.1:{slapd_module.PORT}", **changes})


class Tunnel:
    """Use as a context manager, or call `stop`. `with_nsd` and `with_slapd` start the backends.

    Parts can be changed between `prepare` (all written, nothing of Funnel runs) and `start`."""

    def __init__(self, build, services, workspace=None, enctypes="sha2", lifetime="1h", with_nsd=False,
                 with_slapd=False, settings=None, connect_peer=None):
        self.services = list(services)
        self.workspace = workspace or Workspace()
        self._owns_workspace = workspace is None
        self.network = self.realm = self.nsd = self.slapd = None
        self.nodes = {}
        try:
            self.network = Network(self.workspace)
            self.realm = Realm(self.workspace, self.network, enctypes, lifetime)
            self.nsd = Nsd(self.workspace, self.network) if with_nsd else None
            self.slapd = Slapd(self.workspace, self.network) if with_slapd else None
            for letter in ("a", "b"):
                self.nodes[letter] = Node(self.workspace, self.network, self.realm, build, letter)
                self.nodes[letter].settings = {section: dict(keys) for section, keys in (settings or {}).items()}
            # The branch connects; the hoster waits for it.
            self.peers = {"a": connect_peer or Peer(connect=ADDRESSES["b"]), "b": Peer()}
        except BaseException:
            self.stop()
            raise

    @property
    def a(self):
        return self.nodes["a"]

    @property
    def b(self):
        return self.nodes["b"]

    def prepare(self, lazy=()):
        """Principals, keytabs, all configuration files."""
        for node, there in ((self.a, self.b), (self.b, self.a)):
            principals = node.principals(self.services)
            self.realm.add(*principals)
            self.realm.keytab(node.keytab, *principals, uid=node.uid("funnel-authd"))
            node.write_node_config()
            node.write_peer(self.peers[node.letter], there)
            for service in self.services:
                node.write_service(service, there)
            node.add_daemons(self.services, lazy)
        return self

    def start(self):
        """Both nodes, until every daemon that is not lazy is ready."""
        self.b.start()
        self.a.start()
        return self

    def wait_up(self, *service_names, deadline=20):
        """The association, and a channel of each of these services (all, by default) at its listening end."""
        for node in self.nodes.values():
            node.wait_association(deadline=deadline)
        for service in self.services:
            if not service_names or service.name in service_names:
                self.nodes[service.at].wait_channel(service.name, deadline=deadline)
        return self

    def run(self, letter, *command, **options):
        return self.network.run(letter, *command, **options)

    def describe(self):
        return "\n".join(node.describe() for node in self.nodes.values())

    def sanitizer_reports(self):
        return [f"{node.peer_name} {daemon.name}: {line}" for node in self.nodes.values()
                for daemon in node.daemons.values() for line in daemon.sanitizer_reports()]

    def stop(self):
        reports = []
        try:
            for node in self.nodes.values():
                node.stop()
            reports = self.sanitizer_reports()
            for part in (self.slapd, self.nsd, self.realm, self.network):
                if part:
                    part.stop()
        finally:
            if self._owns_workspace:
                self.workspace.remove()
        if reports:
            raise LabError("sanitizers reported:\n" + "\n".join(reports))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
