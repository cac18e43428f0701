"""Somebody on the path: tests/tools/onpath.py in namespace b, where node a is told to connect to."""
import json
import os
import subprocess

from .netns import ADDRESSES
from .service import Peer

PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "onpath.py")
PORT = 9900

# For Tunnel(connect_peer=...): the branch reaches the hoster only through it.
THROUGH = Peer(connect=f"{ADDRESSES['b']}:{PORT}")


class OnPath:
    def __init__(self, tunnel):
        self.process = tunnel.network.popen("b", "/usr/bin/python3", "-B", PROGRAM, ADDRESSES["b"], PORT,
                                            ADDRESSES["b"], 9899, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            text=True)
        assert self.process.stdout.readline() == "listening\n"

    def _command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def change(self, mode, every=1, count=1 << 60):
        assert self._command(f"{mode} {every} {count}") == "ok\n"

    def let_pass(self):
        self.change("pass")

    def counts(self):
        return json.loads(self._command("count"))

    @property
    def changed(self):
        return self.counts()["changed"]

    def stop(self):
        self.process.kill()
        self.process.wait()
