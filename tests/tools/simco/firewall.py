"""The packet filter that a middlebox drives: nftables, in the network namespace in which it runs."""
import re
import subprocess

from messages import BOTH_WAYS, INBOUND, OUTBOUND, UDP

TABLE = "inet simco"
PROTOCOLS = {UDP: "udp", 6: "tcp"}


def nft(*commands):
    """All of them or none."""
    return subprocess.run(["nft", "--echo", "--handle", "-f", "-"], input="".join(f"{command}\n" for command in commands), check=True,
                          capture_output=True, text=True).stdout


def side(endpoint, which):
    """One end of a pinhole as nft writes it; WHICH is s or d."""
    family = "ip6" if ":" in endpoint.address else "ip"
    words = [f"{family} {which}addr {endpoint.address}/{endpoint.prefix}"] if endpoint.address else []
    if endpoint.port:
        last = endpoint.port + endpoint.ports - 1
        words.append(f"{PROTOCOLS[endpoint.protocol]} {which}port {endpoint.port}-{last}")
    return " ".join(words)


class Firewall:
    """Nothing is forwarded but through the pinholes that are open."""

    def __init__(self):
        nft(f"add table {TABLE}", f"flush table {TABLE}", f"add chain {TABLE} forward {{ type filter hook forward priority 0; policy drop; }}")
        self.handles = {}

    def _add(self, how, pid, pairs, verdict):
        said = nft(*(f'{how} rule {TABLE} forward {side(source, "s")} {side(target, "d")} counter {verdict} comment "rule {pid}"'
                     for source, target in pairs))
        self.handles[pid] = re.findall(r"# handle (\d+)", said)

    def open(self, pid, internal, external, direction):
        inwards, outwards = (external, internal), (internal, external)
        self._add("add", pid, {INBOUND: [inwards], OUTBOUND: [outwards], BOTH_WAYS: [inwards, outwards]}[direction], "accept")

    def block(self, pid, internal, external):
        """In front of all pinholes."""
        self._add("insert", pid, [(external, internal), (internal, external)], "drop")

    def close(self, pid):
        handles = self.handles.pop(pid, ())
        if handles:
            nft(*(f"delete rule {TABLE} forward handle {handle}" for handle in handles))
