"""A SIMCO middlebox (tests/tools/simco) between two more hosts, and its agents.

    in 10.88.1.2 ---- 10.88.1.1 b 10.88.2.1 ---- 10.88.2.2 out
                          nftables: nothing is forwarded without a rule
"""
import contextlib
import glob
import json
import os
import subprocess

from ..base import tail
from .server import Server

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "simco")
PORT, SECRET = 7626, "a test's secret"
INTERNAL, EXTERNAL = "10.88.1.2", "10.88.2.2"
FIRST = 20000  # the first of the UDP ports that rules are about


def tool(name):
    return os.path.join(TOOLS, name)


class Simco(Server):
    CAPABILITIES = ("net_admin",)

    def __init__(self, lab, ports, port=PORT):
        super().__init__(lab, "simco")
        self.ports = ports
        for path in glob.glob(tool("*.py")):
            with open(path, encoding="utf-8") as file:
                self.write(os.path.basename(path), file.read())
        for name, address in (("in", INTERNAL), ("out", EXTERNAL)):
            self.network.add_host(name, "b", address, address[:-1] + "1")
        self.answering = self.network.popen("in", "/usr/bin/python3", "-B", tool("pinholes.py"), "answer", INTERNAL, FIRST, ports,
                                            stdout=subprocess.PIPE)
        assert self.answering.stdout.readline() == b"ready\n"
        self.start("/usr/bin/python3", "-B", self.path("middlebox.py"), port, SECRET, answers=lambda: "ready" in self.said())

    def said(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def agent(self, node, port, what, *arguments, timeout=120):
        """What an agent of agents.py says at its end."""
        done = self.network.run(node, "/usr/bin/python3", "-B", tool("agents.py"), port, SECRET, what, *arguments, timeout=timeout)
        return json.loads(done.stdout.splitlines()[-1])

    def enable(self, node, port, rate, rules=None):
        return self.agent(node, port, "enable", INTERNAL, EXTERNAL, FIRST, rules or self.ports, rate)

    @contextlib.contextmanager
    def watched(self, node, port, rules):
        """An agent listens meanwhile. Yields {rule: what it heard}, which is filled at the end: when so many rules have ended."""
        events = {}
        with self.network.popen(node, "/usr/bin/python3", "-B", tool("agents.py"), port, SECRET, "watch", rules, stdout=subprocess.PIPE,
                                text=True) as process:
            try:
                assert process.stdout.readline() == "watching\n"
                yield events
                events.update(json.loads(process.communicate(timeout=60)[0])["events"])
            finally:
                process.kill()

    def reached(self):
        """The ports of the internal host that the external one reaches."""
        said = self.network.run("out", "/usr/bin/python3", "-B", tool("pinholes.py"), "reach", INTERNAL, FIRST, self.ports).stdout
        return json.loads(said)

    def stop(self):
        self.answering.kill()
        self.answering.communicate()
        super().stop()
        assert "out of order" not in self.said(), tail(self.log)
