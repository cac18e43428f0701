"""Two nodes on a veth pair, with the services that are measured and what answers behind them.

    branch (a)                                     hoster (b)
    rr   -> udp 5353  dns  \\                     / nsd         127.0.0.1:5300
    rr   -> udp 7000  echo  \\                   /  rr serve    127.0.0.1:7100
    bulk -> tcp 7001  bulk   > funnel === funnel <  bulk serve  127.0.0.1:7101
    rr   -> tcp 7002  chat  /                   \\  rr serve -t 127.0.0.1:7102
"""
import json
import os
import re

import lab
from lab import traffic
from lab.base import Child, wait_until

ECHO = lab.Service("echo", "udp", ("127.0.0.1:7000",), "127.0.0.1:7100")
BULK = lab.Service("bulk", "tcp", ("127.0.0.1:7001",), "127.0.0.1:7101")
CHAT = lab.Service("chat", "tcp", ("127.0.0.1:7002",), "127.0.0.1:7102")
THINK_MS = "0:10"  # of `chat`: answers come out of order


class Bed:
    def __init__(self, build, services=None, with_nsd=True, change_network=None):
        self.build = build
        self.children = []
        services = services or [lab.dns_service(), ECHO, BULK, CHAT]
        self.tunnel = lab.Tunnel(build, services, with_nsd=with_nsd, settings={"node": {"log-level": "info"}})
        try:
            if change_network:
                change_network(self.tunnel.network)
            self.tunnel.prepare().start().wait_up()
            self.bulk_server = traffic.Server(self.tunnel, "bulk", BULK.connect)
            self.children.append(self.bulk_server)
            self._serve("udp", ECHO.connect)
            self._serve("tcp", CHAT.connect, "-t", THINK_MS)
        except BaseException:
            self.stop()
            raise

    def _serve(self, transport, address, *options):
        host, port = address.split(":")
        log = os.path.join(self.tunnel.workspace.folder("traffic"), f"rr-{transport}.log")
        command = self.tunnel.network.inside("b", self.rr, "serve", transport, host, port, *options)
        self.children.append(Child(f"rr serve {transport}", command, log))
        listening = {"udp": "-uHln", "tcp": "-tHln"}[transport]
        wait_until(lambda: port in self.tunnel.network.run("b", "ss", listening).stdout, f"rr serves {address}")

    @property
    def rr(self):
        return os.path.join(os.path.abspath(self.build), "bench", "rr")

    def load(self, mode, transport, address, *options, node="a", timeout=120):
        """What `rr load` or `rr closed` says."""
        host, port = address.rsplit(":", 1)
        done = self.tunnel.network.run(node, self.rr, mode, transport, host, port, *options, timeout=timeout)
        found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
        if not found:
            raise lab.LabError(f"rr said: {done.stdout}")
        return json.loads(found[0])

    def move_bulk(self, connections, up_bytes, down_bytes=0, timeout=120):
        """Moves so many bytes in all through the tunnel, checked; returns MB/s (10^6)."""
        done = traffic.client(self.tunnel, "bulk", BULK.listen[0], "--connections", connections,
                              "--up", up_bytes // connections, "--down", down_bytes // connections,
                              "--timeout", timeout, timeout=timeout + 30)
        if done["done"] != connections:
            raise lab.LabError(f"bulk: {done}")
        return (done["sent"] + done["received"]) / done["seconds"] / 1e6

    def stop(self):
        for child in self.children:
            child.stop()
        self.tunnel.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
