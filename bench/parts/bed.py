"""Two nodes on a veth pair, with the services that are measured and what answers behind them.

    branch (a)                                     hoster (b)
    rr   -> udp 5353  dns  \\                     / nsd         127.0.0.1:5300
    rr   -> udp 7000  echo  \\                   /  rr serve    127.0.0.1:7100
    pour -> tcp 7001  bulk   > funnel === funnel <  pour sink   127.0.0.1:7101
    rr   -> tcp 7002  chat  /                   \\  rr serve -t 127.0.0.1:7102
"""
import dataclasses
import json
import os
import re

import lab
from lab.base import Child, wait_until

ECHO = lab.Service("echo", "udp", ("127.0.0.1:7000",), "127.0.0.1:7100")
BULK = lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")
# The same backend, with copies at both ends.
COPIED = lab.Service("copied", "udp", ("127.0.0.1:7003",), ECHO.connect, listen_service={"copies": 2}, connect_service={"copies": 2})
CHAT = lab.Service("chat", "tcp", ("127.0.0.1:7002",), "127.0.0.1:7102")
THINK_MS = "0:10"  # of `chat`: answers come out of order


def without_relays(build, services, with_nsd, settings=None, peer=None):
    return lab.Tunnel(build, services, with_nsd=with_nsd, connect_peer=peer,
                      settings={"node": {"log-level": "info"}, **(settings or {})})


def with_relays(relays):
    """A link for each; none is the two nodes alone."""
    def make(build, services, with_nsd):
        quiet = {letter: {"node": {"log-level": "info"}} for letter in f"a{relays}b"}
        # A Chain changes what its services say of the next node.
        own = [dataclasses.replace(service, listen_service={}) for service in services]
        return lab.Chain(build, own, relays, lab.Workspace(), with_nsd=with_nsd, settings=quiet)
    return make


class Bed:
    def __init__(self, build, services=None, with_nsd=True, change_network=None, make=without_relays):
        self.build = build
        self.children = []
        services = services or [lab.dns_service(), ECHO, BULK, CHAT]
        self.tunnel = make(build, services, with_nsd)
        try:
            if change_network:
                change_network(self.tunnel.network)
            self.tunnel.prepare().start().wait_up()
            self.serve("rr", "udp", ECHO.connect, "serve", "udp")
            self.serve("rr", "tcp", CHAT.connect, "serve", "tcp", options=("-t", THINK_MS))
            self.serve("pour", "tcp", BULK.connect, "sink")
        except BaseException:
            self.stop()
            raise

    def serve(self, name, transport, address, *mode, options=()):
        """Begins `rr` or `pour` in b, which then listens."""
        host, port = address.split(":")
        log = os.path.join(self.tunnel.workspace.folder("traffic"), f"{name}-{transport}.log")
        command = self.tunnel.network.inside("b", self.program(name), *mode, host, port, *options)
        self.children.append(Child(f"{name} {transport}", command, log))
        listening = {"udp": "-uHln", "tcp": "-tHln"}[transport]
        wait_until(lambda: port in self.tunnel.network.run("b", "ss", listening).stdout, f"{name} serves {address}")

    def program(self, name):
        return os.path.join(os.path.abspath(self.build), "bench", name)

    def _ask(self, node, name, *arguments, timeout):
        """The one line of JSON that a load program prints."""
        done = self.tunnel.network.run(node, self.program(name), *arguments, timeout=timeout)
        found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
        if not found:
            raise lab.LabError(f"{name} said: {done.stdout}")
        return json.loads(found[0])

    def load(self, mode, transport, address, *options, node="a", timeout=120):
        """What `rr load` or `rr closed` says."""
        host, port = address.rsplit(":", 1)
        return self._ask(node, "rr", mode, transport, host, port, *options, timeout=timeout)

    def move_bulk(self, connections, size, address=BULK.listen[0], node="a", timeout=120):
        """Moves so many bytes in all, their sum checked; returns MB/s (10^6)."""
        host, port = address.rsplit(":", 1)
        return self._ask(node, "pour", "source", host, port, "-b", size, "-n", connections, timeout=timeout)["MBps"]

    def stop(self):
        for child in self.children:
            child.stop()
        self.tunnel.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
