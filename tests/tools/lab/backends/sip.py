"""SIPp on both sides, over TCP: one answers calls, the other makes them."""
from .server import Server

CALLS = 20


class Sip(Server):
    def __init__(self, lab):
        super().__init__(lab, "sipp")
        self.start("sipp", "-sn", "uas", "-t", "t1", "-i", "127.0.0.1", "-p", "5060", "-nostdin",
                   answers=lambda: self.listens(5060))

    def call(self, node, local, where, calls=CALLS):
        """Sets up, and ends again, so many calls in one connection; what SIPp says of them. Fails if one of them failed."""
        return self.network.run(node, "sipp", "-sn", "uac", "-t", "t1", "-i", local, "-m", calls, "-r", CALLS, "-d", "100",
                                "-nostdin", "-timeout", "30s", "-timeout_error", where, cwd=self.folder).stdout
