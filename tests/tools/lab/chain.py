"""Two nodes that reach each other over relays only: as many links in a row as there are hops.

    a  ==== 10.78.0.0/24 ====  r  ==== 10.78.1.0/24 ====  s  ==== ... ====  b
    .1                     .2     .1                  .2

Each node connects to the next one. The relays hold one key, that of their own funnel-authd, and have
no edges. The realm and the backends are those of tunnel.py.
"""
from . import node as node_module
from .base import write_file
from .netns import Network
from .node import Node
from .nodes import Nodes
from .realm import Realm
from .service import Peer, ini, principal
from .tunnel import Tunnel


class ChainNetwork(Network):
    def __init__(self, workspace, letters):
        self.NODES = tuple(letters)
        super().__init__(workspace)

    def _link_nodes(self):
        for number, (left, right) in enumerate(zip(self.NODES, self.NODES[1:])):
            self._link(left, "next", right, "back", f"10.78.{number}.1/24", f"10.78.{number}.2/24")

    def next_address(self, letter):
        """Where `letter` finds the node after it."""
        return f"10.78.{self.NODES.index(letter)}.2"


class Chain(Tunnel):
    """A Tunnel with relays between its two nodes, e.g. relays="rst". `carriers` says what carries the link that
    begins at a node: {letter: "direct"}; those of direct ones, both, get what they need."""

    def __init__(self, build, services, relays, workspace, with_nsd=False, with_slapd=False, settings=None, carriers=None):
        # pylint: disable=super-init-not-called,non-parent-init-called
        self.build = build
        self.letters = "a" + relays + "b"
        self.services = list(services)
        self.settings = settings or {}  # {letter: {section: {key: value}}}
        self.carriers = carriers or {}
        Nodes.__init__(self, workspace, self.letters, with_nsd, with_slapd, owns_workspace=True)
        first = node_module.PEER_NAMES[self.letters[1]]
        for service in self.services:
            service.listen_service.update(peer=first, target=node_module.NODE_NAMES["b"])

    def _make_network(self):
        return ChainNetwork(self.workspace, self.letters)

    def _make_realm(self):
        return Realm(self.workspace, self.network)

    def _make_node(self, letter):
        node = Node(self.workspace, self.network, self.realm, self.build, letter)
        node.settings = self.settings.get(letter, {})
        return node

    def neighbours(self, letter):
        """The nodes before and after, None beyond the ends."""
        at = self.letters.index(letter)
        around = [self.letters[at - 1] if at > 0 else None, *self.letters[at + 1:at + 2]]
        return (around + [None])[:2]

    def prepare(self, lazy=()):
        for letter, node in self.nodes.items():
            before, after = self.neighbours(letter)
            ends = letter in "ab"
            principals = node.principals(self.services) if ends else [principal("funnel", node.node_name)]
            self.realm.add(*principals)
            self.realm.keytab(node.keytab, *principals, uid=node.uid("funnel-authd"))
            node.write_node_config()
            if before:
                node.write_peer(Peer(), self.nodes[before])
            if after:
                carrier = {"carrier": self.carriers[letter]} if letter in self.carriers else {}
                node.write_peer(Peer(connect=self.network.next_address(letter), extra=carrier), self.nodes[after])
            if "direct" in (self.carriers.get(letter), self.carriers.get(before)):
                node.sctpd_options = ["--capability=net_raw"]
            for service in self.services:
                if ends:
                    node.write_service(service, self.nodes["b" if letter == "a" else "a"])
                else:
                    self.write_relay(node, service, [self.nodes[before].peer_name], self.nodes[after].peer_name)
            node.add_daemons(self.services if ends else [], lazy)
        return self

    @staticmethod
    def write_relay(node, service, peers_from, peer_to):
        write_file(node.service_path(service.name), ini({
            "service": {"protocol": service.protocol},
            "relay": {"from": peers_from, "to": peer_to},
        }))

    def start(self):
        for letter in reversed(self.letters):
            self.nodes[letter].start()
        return self
