"""Drives tests/tools/middle.py, the attacker on the path between the nodes."""
import json
import os
import selectors
import subprocess

from .base import LabError
from .netns import ADDRESSES

PORT = 9800
PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "middle.py")


class Middle:
    """Runs in namespace a; have node a connect to `address`."""
    address = f"127.0.0.1:{PORT}"

    def __init__(self, tunnel):
        self.process = tunnel.network.popen("a", "/usr/bin/python3", "-B", PROGRAM, PORT, ADDRESSES["b"],
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._answers = selectors.DefaultSelector()
        self._answers.register(self.process.stdout, selectors.EVENT_READ)
        self.answer()

    def answer(self, deadline=20):
        """The next line it prints; None when none comes in time."""
        if not self._answers.select(deadline):
            return None
        line = self.process.stdout.readline()
        if not line:
            raise LabError("middle.py has ended")
        return json.loads(line)

    def order(self, do, frame="sealed", way="ab", **more):
        """Says what is to happen to the next fitting frames; `answer` comes when it has happened."""
        self.process.stdin.write(json.dumps({"do": do, "frame": frame, "way": way, **more}) + "\n")

    def seen(self):
        """{channel: frames kept}, from a to b."""
        self.process.stdin.write('{"do": "seen"}\n')
        return {int(channel): count for channel, count in self.answer()["channels"].items()}

    def stop(self):
        self.process.kill()
        self.process.wait()
