"""Load from the C++ programs beside this package, bulk and flows: both ends check every byte."""
import json
import os
import subprocess

from .base import Child, LabError, tail, wait_until


class Server:
    """`bulk serve` or `flows serve` in a namespace."""

    def __init__(self, tunnel, program, *addresses, node="b"):
        network = tunnel.network
        self.log = os.path.join(tunnel.workspace.folder("traffic"), f"{program}-{os.urandom(3).hex()}.log")
        path = os.path.join(tunnel.nodes[node].build, "tests", "tools", program)
        self.child = Child(program, network.inside(node, path, "serve", *addresses), self.log)
        wait_until(lambda: self.child.require_running() and "listening" in self.lines(),
                   f"{program} listens on {addresses}", detail=lambda: tail(self.log))

    def lines(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read().splitlines()

    def stop(self):
        self.child.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def start_client(tunnel, program, address, *options, node="a", **popen):
    """The client beside which a test does something else; read its one line with `result`."""
    path = os.path.join(tunnel.nodes[node].build, "tests", "tools", program)
    return tunnel.network.popen(node, path, "client", address, *options, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **popen)


def result(process, timeout=180):
    """What a client printed, as a dictionary."""
    out, _ = process.communicate(timeout=timeout)
    try:
        return json.loads(out.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise LabError(f"the client said: {out}") from error


def client(tunnel, program, address, *options, node="a", timeout=180):
    return result(start_client(tunnel, program, address, *options, node=node), timeout)


DNS_LOAD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "dns_load.py")


def start_dns_load(tunnel, port, count, rate, wait=5, address="127.0.0.1", node="a"):
    """Open-loop queries while a test does something else; read the outcome with `result`."""
    return tunnel.network.popen(node, "/usr/bin/python3", "-B", DNS_LOAD, address, port, count, rate, wait,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def dns_load(tunnel, port, count, rate, wait=5, **where):
    return result(start_dns_load(tunnel, port, count, rate, wait, **where), timeout=count / rate + wait + 30)


def percentile(ordered, share):
    """Of a sorted list; the largest for 1.0."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
