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
from .netns import ADDRESSES
from .node import Node
from .nodes import Nodes
from .realm import Realm
from .service import Peer, Service


def dns_service(**changes):
    return Service(**{"name": "dns", "protocol": "udp", "listen": ("127.0.0.1:5353", "[::1]:5353"),
                      "connect": f"127.0.0.1:{nsd_module.PORT}", **changes})


def ldap_service(**changes):
    return Service(**{"name": "ldap", "protocol": "tcp", "listen": ("127.0.0.1:3389", "[::1]:3389"),
                      "connect": f"127.0.0.1:{slapd_module.PORT}", **changes})


class Tunnel(Nodes):
    """`with_nsd` and `with_slapd` start the backends.

    Parts can be changed between `prepare` (all written, nothing of Funnel runs) and `start`."""

    def __init__(self, build, services, workspace=None, enctypes="sha2", lifetime="1h", with_nsd=False,
                 with_slapd=False, settings=None, connect_peer=None):
        self.build = build
        self.services = list(services)
        self.settings = settings or {}  # {section: {key: value}}
        self._realm_options = (enctypes, lifetime)
        # The branch connects; the hoster waits for it.
        self.peers = {"a": connect_peer or Peer(connect=ADDRESSES["b"]), "b": Peer()}
        super().__init__(workspace, "ab", with_nsd, with_slapd)

    def _make_realm(self):
        return Realm(self.workspace, self.network, *self._realm_options)

    def _make_node(self, letter):
        node = Node(self.workspace, self.network, self.realm, self.build, letter)
        node.settings = {section: dict(keys) for section, keys in self.settings.items()}
        return node

    def prepare(self, lazy=()):
        """Principals, keytabs, all configuration files."""
        for node, there in ((self.a, self.b), (self.b, self.a)):
            services = self.services_of(node)
            principals = node.principals(services)
            self.realm.add(*principals)
            self.realm.keytab(node.keytab, *principals, uid=node.uid("funnel-authd"))
            node.write_node_config()
            node.write_peer(self.peers[node.letter], there)
            for service in services:
                node.write_service(service, there)
            node.add_daemons(services, lazy)
        return self

    def services_of(self, _node):
        """As that node knows them."""
        return self.services

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
