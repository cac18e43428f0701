"""Three network namespaces, which live as long as the processes that hold them and so leave
nothing behind:

    +---------- a ----------+    lan    +---------- b ----------+
    | 10.77.0.1  fd77::1    |===========| 10.77.0.2  fd77::2    |
    +-----------+-----------+           +-----------+-----------+
       10.77.1.1|                                   |10.77.2.2
                |           +------ k ------+       |
                +-----------| 10.77.9.9 KDC |-------+
                            +---------------+

Namespaces are private, so the same addresses serve any number of labs in parallel. What happens to
the link between the nodes does not touch their way to the KDC.
"""
import os
import signal
import subprocess

from .base import Child, LabError, run, wait_until, write_file

ADDRESSES = {"a": "10.77.0.1", "b": "10.77.0.2", "k": "10.77.9.9"}
ADDRESSES6 = {"a": "fd77::1", "b": "fd77::2"}


class Network:
    NODES = ("a", "b")

    def __init__(self, workspace):
        self.keepers = {}
        folder = workspace.folder("net")
        try:
            for name in (*self.NODES, "k"):
                self.keepers[name] = self._new_namespace(name, os.path.join(folder, name + ".log"))
            self._link_nodes()
            for number, node in enumerate(self.NODES, 1):
                self._link(node, "kdc", "k", f"to-{node}", f"10.77.{number}.{number}/24", f"10.77.{number}.9/24")
                self.ip(node, "route", "add", ADDRESSES["k"], "via", f"10.77.{number}.9")
            self.ip("k", "address", "add", f"{ADDRESSES['k']}/32", "dev", "lo")
        except BaseException:
            self.stop()
            raise

    def _link_nodes(self):
        self._link("a", "lan", "b", "lan", f"{ADDRESSES['a']}/24", f"{ADDRESSES['b']}/24")
        for node in ("a", "b"):
            # nodad: the address is usable at once.
            self.ip(node, "address", "add", f"{ADDRESSES6[node]}/64", "dev", "lan", "nodad")

    def _new_namespace(self, name, log):
        keeper = Child(f"namespace {name}", ["unshare", "--net", "sleep", "infinity"], log)
        ours = os.readlink("/proc/self/ns/net")

        def entered():
            keeper.require_running()
            try:
                return os.readlink(f"/proc/{keeper.pid}/ns/net") != ours
            except OSError:
                return False
        wait_until(entered, f"network namespace {name}")
        run(["nsenter", f"--net=/proc/{keeper.pid}/ns/net", "ip", "link", "set", "lo", "up"])
        write_file(os.path.splitext(log)[0] + ".pid", f"{keeper.pid}\n")
        return keeper

    def _link(self, left, left_device, right, right_device, left_address, right_address):
        self.ip(left, "link", "add", left_device, "type", "veth", "peer", "name", right_device, "netns",
                str(self.keepers[right].pid))
        for name, device, address in ((left, left_device, left_address), (right, right_device, right_address)):
            self.ip(name, "address", "add", address, "dev", device)
            self.ip(name, "link", "set", device, "up")

    def add_link(self, device, left_address, right_address):
        """A second link between the nodes."""
        self._link("a", device, "b", device, left_address + "/24", right_address + "/24")

    def add_host(self, name, node, host_address, node_address):
        """Another host, in a network of its own behind this node, which forwards for it."""
        self.keepers[name] = self._new_namespace(name, os.path.join(os.path.dirname(self.keepers[node].log), name + ".log"))
        self._link(node, f"to-{name}", name, "lan", node_address + "/24", host_address + "/24")
        self.ip(name, "route", "add", "default", "via", node_address)
        self.run(node, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")

    def path(self, name):
        return f"/proc/{self.keepers[name].pid}/ns/net"

    def inside(self, name, *command):
        """The command line that runs `command` in a namespace."""
        return ["nsenter", f"--net={self.path(name)}", "--", *[str(part) for part in command]]

    def run(self, name, *command, **options):
        return run(self.inside(name, *command), **options)

    def ip(self, name, *arguments):
        return self.run(name, "ip", *arguments)

    def popen(self, name, *command, **options):
        return subprocess.Popen(self.inside(name, *command), **options)

    def set_link(self, up):
        """Takes the link between the nodes down or up; the way to the KDC stays."""
        self.ip("a", "link", "set", "lan", "up" if up else "down")
        if up:
            run(self.inside("a", "ip", "address", "replace", f"{ADDRESSES6['a']}/64", "dev", "lan", "nodad"))

    def no_trains(self):
        """Senders' segmentation offload goes off: what the link carries, and who looks at it sees, are packets."""
        for name in ("a", "b"):
            self.run(name, "ethtool", "-K", "lan", "tx-udp-segmentation", "off")

    def drop(self, probability):
        """Each packet that arrives over the link is dropped with this probability, both ways. Not whole trains of them."""
        self.no_trains()
        for name in ("a", "b"):
            self.run(name, "iptables", "-w", "-A", "INPUT", "-i", "lan", "-m", "statistic", "--mode", "random",
                     "--probability", f"{probability:.4f}", "-j", "DROP")

    def cut(self, on=True, device="lan"):
        """All packets over the link vanish; neither end is informed."""
        for name in ("a", "b"):
            self.run(name, "iptables", "-w", "-I" if on else "-D", "INPUT", "-i", device, "-j", "DROP")

    def dropped(self, name):
        """Packets that the rules of `drop` and `cut` have dropped at this end."""
        listing = self.run(name, "iptables", "-w", "-nvxL", "INPUT").stdout
        return sum(int(line.split()[0]) for line in listing.splitlines() if " DROP " in line)

    def received(self, name):
        """Packets that arrived over the link at this end."""
        out = self.run(name, "cat", "/proc/net/dev").stdout
        for line in out.splitlines():
            if line.strip().startswith("lan:"):
                return int(line.split(":")[1].split()[1])
        raise LabError("no link in " + out)

    def link_state(self):
        """Counters and offloads of the link at both ends, for a failure's text."""
        return "\n".join(self.run(name, *command).stdout for name in ("a", "b")
                         for command in (("ip", "-s", "-d", "link", "show", "lan"), ("ethtool", "-k", "lan")))

    def pass_all(self):
        for name in ("a", "b"):
            self.run(name, "iptables", "-w", "-F", "INPUT")

    def stop(self):
        for keeper in self.keepers.values():
            keeper.stop(number=signal.SIGKILL)
