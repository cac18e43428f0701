"""What the two nodes' configuration files say about one service and about each other."""
from dataclasses import dataclass, field

from .realm import REALM


def ini(sections):
    """Text of an INI file from {section: {key: value or list of values}}; None leaves a key out."""
    lines = []
    for section, keys in sections.items():
        lines.append(f"[{section}]")
        for key, value in keys.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                if one is not None:
                    lines.append(f"{key} = {one}")
    return "\n".join(lines) + "\n"


def principal(service, node_name):
    return f"{service}/{node_name}@{REALM}"


@dataclass
class Service:
    """One service with both of its ends. `at` is the node that listens; the other one connects.

    The dictionaries add keys to [service], [listen], [connect] of either end, or replace them."""
    name: str
    protocol: str
    listen: tuple
    connect: str
    at: str = "a"
    accept: tuple = None  # patterns; by default the listening node's own principal
    listen_service: dict = field(default_factory=dict)
    listen_section: dict = field(default_factory=dict)
    connect_service: dict = field(default_factory=dict)
    connect_section: dict = field(default_factory=dict)
    identity: str = None  # the listening end's principal, where it is not NAME/NODE
    expect: str = None
    suites: str = None  # of both ends

    @property
    def daemon(self):
        return "funnel-udpd" if self.protocol == "udp" else "funnel-tcpd"

    @property
    def unit(self):
        """The edge's name in logs, counters and this lab: funnel-udpd@dns."""
        return f"{self.daemon}@{self.name}"

    def port(self, index=0):
        return int(self.listen[index].rpartition(":")[2])

    def listen_ini(self, here, there, edge_user):
        return ini({
            "service": {"protocol": self.protocol, "peer": there.peer_name, "edge-user": edge_user,
                        **self.listen_service},
            "listen": {"address": self.listen, **self.listen_section},
            "security": {"identity": self.identity or principal(self.name, here.node_name),
                         "expect": self.expect or principal(self.name, there.node_name), "suites": self.suites},
        })

    def connect_ini(self, here, there, edge_user):
        accept = self.accept
        if accept is None:
            accept = (principal(self.name, there.node_name),)
        return ini({
            "service": {"protocol": self.protocol, "edge-user": edge_user, **self.connect_service},
            "connect": {"address": self.connect, **self.connect_section},
            "security": {"identity": principal(self.name, here.node_name), "accept": accept, "suites": self.suites},
        })


@dataclass
class Peer:
    """What one node's peers.d says about the other. `connect`: None where the other one connects."""
    connect: str = None
    extra: dict = field(default_factory=dict)

    def ini(self, there):
        return ini({"peer": {"node": there.node_name, "principal": principal("funnel", there.node_name),
                             "connect": self.connect, **self.extra}})
