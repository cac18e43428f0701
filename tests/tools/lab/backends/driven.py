"""Connections through a service of which a test drives both ends (programs/driven_stream.py)."""
import os
import subprocess

from .program import PROGRAMS


class End:
    def __init__(self, network, node, role, port):
        self.process = network.popen(node, "/usr/bin/python3", "-u", os.path.join(PROGRAMS, "driven_stream.py"), role, port,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.expect("listening" if role == "accept" else "connected")

    def expect(self, words):
        said = self.process.stdout.readline().strip()
        assert said == words, f"it said {said!r}, not {words!r}"

    def ask(self, order):
        """Its answer, which it has when the kernel has."""
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def stop(self):
        self.process.kill()
        self.process.communicate()


class Pair:
    """`client` at a, `backend` at b."""

    def __init__(self, tunnel, port, backend_port):
        self.backend = End(tunnel.network, "b", "accept", backend_port)
        try:
            self.client = End(tunnel.network, "a", "connect", port)
        except BaseException:
            self.backend.stop()
            raise
        self.backend.expect("connected")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop()
        self.backend.stop()
