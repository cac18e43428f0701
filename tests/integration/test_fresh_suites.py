"""Nodes of Debian 12 and 13: between two of 13 channels are sealed with ML-KEM-768 with X25519, which 12's OpenSSL has not; a node
of each comes to what both have.

    branch (a)                                  hoster (b)
    trixie's root, or this machine    ======    trixie's root, or this machine
"""
import json

import pytest

import lab
from lab import fresh, suites, traffic
from lab.other_release import TunnelOfReleases, build as build_there

pytestmark = pytest.mark.fresh
OTHER = next(suite for suite in fresh.SUITES if suite != fresh.OURS)
UNITS = ("seal", "authd")
KEY_FRAMES = 1024  # the least that key-frames may be
# The release of each node.
CASES = {"trixie": ("trixie", "trixie"), "trixie-bookworm": ("trixie", "bookworm"), "bookworm-trixie": ("bookworm", "trixie")}


@pytest.fixture(scope="module")
def machine():
    """Of the release that is not this machine's, with this tree's programs."""
    if fresh.missing():
        pytest.skip(fresh.missing())
    if OTHER not in fresh.chosen_suites():
        pytest.skip(f"this commit's turn is another release than {OTHER}: ./run-tests --fresh tries all")
    workspace = lab.Workspace()
    try:
        with fresh.lock(OTHER), fresh.Machine(workspace, OTHER, "machine") as made:
            print(build_there(made, *(f"tests/unit/{name}/unit-{name}" for name in UNITS)))
            yield made
    finally:
        workspace.remove()


@pytest.mark.parametrize("name", UNITS)
def test_unit_tests_pass(machine, name):
    out = machine.run(f"build/tests/unit/{name}/unit-{name}", network=False, timeout=300).stdout
    assert "[  PASSED  ]" in out and "[  FAILED  ]" not in out, out
    if name == "seal" and OTHER == "trixie":
        assert "[       OK ] KeyShares.AgreeOnMlKemTooWhereOpensslHasIt" in out, out


@pytest.fixture(scope="module", params=CASES)
def tunnel(request, machine, make_tunnel):
    releases = dict(zip("ab", CASES[request.param]))
    machines = {letter: machine for letter, release in releases.items() if release == OTHER}
    made = make_tunnel([lab.dns_service(listen_service={"key-frames": KEY_FRAMES})], TunnelOfReleases, machines=machines, with_nsd=True)
    made.both_have_ml_kem = "bookworm" not in releases.values()
    yield made.prepare().start().wait_up()
    made.stop()


def test_it_is_the_best_that_both_have(tunnel):
    best = {(True, True): 3, (True, False): 5, (False, True): 2, (False, False): 4}[tunnel.both_have_ml_kem, suites.has_fast_aes()]
    assert tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT") == '"this is host 5"\n'
    for node in tunnel.nodes.values():
        channel = next(one["edge"] for one in json.loads(node.funnelctl("channels", "--json").stdout) if one["edge"])
        assert (channel["suite"], channel["suite_name"]) == (best, suites.NAMES[best])
        status = node.status()
        assert [one["suite"] for one in status["services"]] == [best]
        assert [peer["suite"] for peer in status["authd"]["peers"]] == [best]
        assert node.counters("funnel-udpd@dns")["frames_forged"] == 0


def test_its_key_changes(tunnel):
    traffic.dns_load(tunnel, 5353, KEY_FRAMES, 400)
    lab.wait_until(lambda: all(node.counters("funnel-udpd@dns")["rekeys"] >= 1 for node in tunnel.nodes.values()),
                   "a rekey at both ends", 20, detail=tunnel.describe)
    assert tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT") == '"this is host 5"\n'
