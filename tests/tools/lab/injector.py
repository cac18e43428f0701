"""Somebody on the network who knows an association's addresses, ports and tags, and says in a node's name that it ends
(tests/tools/sctp_injector.py)."""
import json
import os

from .netns import ADDRESSES
from .traffic import DNS_LOAD

PROGRAM = os.path.join(os.path.dirname(DNS_LOAD), "sctp_injector.py")
# What nobody sends in good faith while an association is up, and what somebody does who means it.
CLAIMS = ("abort", "abort-reflected", "shutdown", "shutdown-ack", "shutdown-complete", "shutdown-twice", "error", "init", "cookie",
          "empty-data")


def inject(tunnel, letter, claims, rounds, burst, pause_ms=0, device="lan", addresses=None):
    """Begins to speak in that node's name on the link DEVICE, whose addresses are {letter: address}."""
    addresses = addresses or ADDRESSES
    other = "b" if letter == "a" else "a"
    return tunnel.network.popen(letter, "/usr/bin/python3", "-B", PROGRAM, device, addresses[letter], addresses[other],
                                ",".join(claims), rounds, burst, pause_ms, stdout=-1, text=True)


def sent(process):
    """{claim: packets} when it has ended."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    return json.loads(out)
