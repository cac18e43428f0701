"""Once a channel is up, nobody holds what its keys were derived from: neither funnel-authd nor an edge has an acceptor subkey,
or a secret that two shares agreed on, anywhere in its memory.

    branch (a)                                  hoster (b)
    dig -> funnel-udpd@dns -+==================+- funnel-udpd@dns -> nsd
           funnel-authd                           funnel-authd

tests/tools/secret_recorder.cc writes down what they were.
"""
import os
import re

import pytest

import lab
from conftest import SANITIZED

pytestmark = pytest.mark.skipif(SANITIZED, reason="sanitizers want to be loaded first, and keep what was freed")
AUTHD, EDGE = "funnel-authd", "funnel-udpd@dns"
# Where the chunks of a region are searched apart, what lies across is found by the overlap.
CHUNK, OVERLAP = 1 << 22, 256


def recording(make_tunnel, leaks=""):
    """LEAKS is the letter of the node whose funnel-authd keeps a copy of some."""
    made = make_tunnel([lab.dns_service()], with_nsd=True).prepare()
    for node in made.nodes.values():
        made.secrets = made.workspace.folder("secrets", mode=0o1777)
        for name in (AUTHD, EDGE):
            node[name].holder_options += [f"--env=LD_PRELOAD={os.path.join(node.tools, 'secret-recorder.so')}",
                                          f"--env=FUNNEL_SECRETS={made.secrets}/{node.letter}-{name}"]
    if leaks:
        made.nodes[leaks][AUTHD].holder_options.append("--env=FUNNEL_SECRETS_LEAK=1")
    return made.start().wait_up("dns")


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return recording(make_tunnel)


def recorded(tunnel, what):
    found = set()
    for name in os.listdir(tunnel.secrets):
        with open(os.path.join(tunnel.secrets, name), encoding="ascii") as file:
            found |= {bytes.fromhex(line.split()[1]) for line in file if line.startswith(what + " ")}
    return found


def memory(pid):
    """What the process may write, piece by piece."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            begin, end, access = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if not access.startswith("rw"):
                continue
            at, end = int(begin, 16), int(end, 16)
            while at < end:
                mem.seek(at)
                try:
                    piece = mem.read(min(CHUNK + OVERLAP, end - at))
                except OSError:
                    break
                yield piece
                at += CHUNK


def holds(pid, secrets):
    """Which of them are in the process's memory."""
    found = set()
    for piece in memory(pid):
        found |= {secret for secret in secrets if secret in piece}
    return found


def left(node, name, shared, subkeys):
    """Which kinds the daemon still holds."""
    found = holds(node[name].pid, shared | subkeys)
    return {"shared" if one in shared else "subkey" for one in found}


def test_nobody_holds_what_keys_were_derived_from(tunnel):
    assert "this is host 5" in tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT")
    shared, subkeys = recorded(tunnel, "shared"), recorded(tunnel, "subkey")
    # dns and @peer; both ends have the same.
    assert len(shared) >= 2 and len(subkeys) >= 2, (shared, subkeys)
    for node in tunnel.nodes.values():
        for name in (AUTHD, EDGE):
            assert holds(node[name].pid, {node.etc.encode()}), "the search finds what is there"
            assert not left(node, name, shared, subkeys), (node.letter, name)


def test_a_leak_is_found_where_it_is(make_tunnel):
    """That the test above can fail."""
    tunnel = recording(make_tunnel, leaks="b")
    shared, subkeys = recorded(tunnel, "shared"), recorded(tunnel, "subkey")
    assert left(tunnel.b, AUTHD, shared, subkeys) == {"shared", "subkey"}
    assert not left(tunnel.a, AUTHD, shared, subkeys) and not left(tunnel.b, EDGE, shared, subkeys)
