"""Two nodes behind one address of a NAT, and the node that they connect to:

    a 10.79.1.1 ---- 10.79.1.9 +-------+
                               |   n   | 10.77.0.1 (or .3) ==== lan ==== 10.77.0.2 b
    c 10.79.2.1 ---- 10.79.2.9 +-------+

What the NAT makes of an address and port is the test's choice, and may change while both are in use.
"""
from .base import wait_until
from .netns import ADDRESSES, Network
from .service import Peer
from .tunnel import Tunnel

OUTSIDE = (ADDRESSES["a"], "10.77.0.3")


class NatNetwork(Network):
    NODES = ("a", "b", "c", "n")

    def _link_nodes(self):
        self._link("n", "lan", "b", "lan", f"{OUTSIDE[0]}/24", f"{ADDRESSES['b']}/24")
        self.ip("n", "address", "add", f"{OUTSIDE[1]}/24", "dev", "lan")
        for number, node in enumerate(("a", "c"), 1):
            self._link(node, "lan", "n", f"to-{node}", f"10.79.{number}.1/24", f"10.79.{number}.9/24")
            self.ip(node, "route", "add", "10.77.0.0/24", "via", f"10.79.{number}.9")
        self.run("n", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.map_to(OUTSIDE[0], 20000)

    def map_to(self, address, first_port):
        """From now on what goes out comes from `address` and one of 1,000 ports; what was before is forgotten."""
        self.run("n", "iptables", "-w", "-t", "nat", "-F", "POSTROUTING")
        self.run("n", "iptables", "-w", "-t", "nat", "-A", "POSTROUTING", "-o", "lan", "-p", "udp", "-j", "SNAT",
                 "--to-source", f"{address}:{first_port}-{first_port + 999}")
        # Nothing from outside reaches an inner node but by a mapping.
        self.run("n", "conntrack", "-F")


class NatTunnel(Tunnel):
    """A Tunnel from a to b through the NAT, with c as a second node behind it that offers nothing."""

    def _make_network(self):
        return NatNetwork(self.workspace)

    def _complete(self):
        self.nodes["c"] = self._make_node("c")

    @property
    def c(self):
        return self.nodes["c"]

    def prepare(self, lazy=()):
        super().prepare(lazy)
        principals = self.c.principals([])
        self.realm.add(*principals)
        self.realm.keytab(self.c.keytab, *principals, uid=self.c.uid("funnel-authd"))
        self.c.write_node_config()
        self.c.write_peer(Peer(connect=ADDRESSES["b"]), self.b)
        self.b.write_peer(Peer(), self.c)
        self.c.add_daemons([], lazy)
        return self

    def start(self):
        super().start()
        self.c.start()
        return self

    def wait_up(self, *service_names, deadline=20):
        def all_up():
            return [one["state"] for one in self.b.status()["sctpd"]["associations"]] == ["up", "up"]
        wait_until(all_up, "both nodes behind the NAT are up", deadline, 0.1, self.describe)
        for service in self.services:
            self.nodes[service.at].wait_channel(service.name, deadline=deadline)
        return self
