"""SIPp on both sides, over TCP or UDP: one answers calls, the other makes them."""
from .server import Server

CALLS = 20
# Datagrams may come in another order: a ringing behind the answer, for example, ends no call.
BEHAVIOUR = {"tcp": "all", "udp": "all,-abortunexp"}


class Sip(Server):
    def __init__(self, lab, transport="tcp"):
        super().__init__(lab, "sipp")
        self.behaviour = ("-default_behaviors", BEHAVIOUR[transport])
        self.transport, answers = {"tcp": ("t1", self.listens), "udp": ("u1", self.takes_datagrams)}[transport]
        self.start("sipp", "-sn", "uas", "-t", self.transport, "-i", "127.0.0.1", "-p", "5060", "-nostdin", *self.behaviour,
                   answers=lambda: answers(5060))

    def call(self, node, local, where, calls=CALLS):
        """Sets up, and ends again, so many calls in one connection or flow; what SIPp says of them. Fails if one of them failed."""
        return self.network.run(node, "sipp", "-sn", "uac", "-t", self.transport, "-i", local, "-m", calls, "-r", CALLS, "-d", "100",
                                "-nostdin", *self.behaviour, "-timeout", "30s", "-timeout_error", where, cwd=self.folder).stdout
