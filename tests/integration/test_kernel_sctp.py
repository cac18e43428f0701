"""Whole nodes on the kernel's SCTP, in a guest whose kernel has it: DNS and LDAP over each carrier, and over UDP while
direct SCTP does not pass.

    guest (lab/uml.py)
      namespace a: funnel-sctpd, engine A ====== lan, alt ====== namespace b: funnel-sctpd, engine B

What runs in the guest is tests/integration/kernel/nodes.py, one pairing after the other, as a guest takes half a minute
to come up with all its backends. Where a node with SCTP of our own sends, its packets come to the guest's kernel as they were sent,
several in a train if the engine made one: Linux 6.1's SCTP in UDP dies of those within seconds ("Kernel panic - not
syncing: Kernel mode fault", and the guest hangs), see output_queue.h.
"""
import os

import pytest

from lab import uml

NODES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel", "nodes.py")
GUEST_SECONDS = 1200
PAIRINGS = [f"{engines}-{carrier}" for carrier in ("udp", "direct")
            for engines in ("kernel-kernel", "kernel-own", "own-kernel")]
# Dropped by a firewall at first: UDP serves, and direct SCTP again when it passes.
PAIRINGS += ["kernel-kernel-fallback", "own-kernel-fallback"]
# One of two links is pulled.
PAIRINGS += ["kernel-kernel-pulled"]


@pytest.fixture(scope="module")
def done(build):
    if uml.why_not():
        pytest.skip(uml.why_not())
    return uml.run(["/usr/bin/python3", "-B", NODES, build, *PAIRINGS], timeout=GUEST_SECONDS)


@pytest.mark.volume
@pytest.mark.parametrize("pairing", PAIRINGS)
def test_services_over_the_kernels_sctp(done, pairing):
    assert done.returncode == 0, done.stdout[-8000:]
    assert f"passed {pairing}" in done.stdout.splitlines(), done.stdout[-8000:]
