"""A wide area network between two nodes, by a program (tests/tools/wan), as kernels without netem have none."""
import contextlib
import os

from .base import Child, wait_until, write_file
from .netns import ADDRESSES, ADDRESSES6

SEED = 1


class Wan:
    """Puts the emulated WAN in the place of the link between the nodes. `keys` is the emulator's settings, as wan/wan.cc lists them."""

    def __init__(self, build, **keys):
        self.program = os.path.join(os.path.abspath(build), "tests", "tools", "wan", "wan")
        self.keys = keys
        self.child = self.network = None

    @contextlib.contextmanager
    def around(self, tunnel):
        """Gives TUNNEL, which nobody has prepared yet, up and over this WAN; at the end the WAN stops."""
        try:
            self.take_over(tunnel.network)
            yield tunnel.prepare().start().wait_up()
        finally:
            self.stop()

    def take_over(self, network):
        network.ip("a", "link", "delete", "lan")
        for node in ("a", "b"):
            network.ip(node, "tuntap", "add", "lan", "mode", "tun")
            network.ip(node, "address", "add", f"{ADDRESSES[node]}/24", "dev", "lan")
            network.ip(node, "link", "set", "lan", "mtu", 1500, "txqueuelen", 2000, "up")
            network.ip(node, "address", "add", f"{ADDRESSES6[node]}/64", "dev", "lan", "nodad")
        self.network = network
        self.begin()

    def begin(self, **changed):
        """A fresh WAN, other settings perhaps, where take_over made room for one: what it does to the n-th packet is the seed's."""
        self.stop()
        network = self.network
        log = os.path.join(os.path.dirname(network.keepers["a"].log), "wan.log")
        write_file(log, "")
        self.keys.update(changed)
        self.child = Child("wan", [self.program, "-s", SEED, "-i", "lan", network.path("a"), network.path("b"),
                                   *(f"{key}={value}" for key, value in self.keys.items())], log)

        def ready():
            self.child.require_running()
            with open(log, encoding="utf-8") as file:
                return "wan: ready" in file.read()
        wait_until(ready, "the WAN is ready")

    def stop(self):
        if self.child:
            self.child.stop()
