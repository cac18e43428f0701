"""Whole nodes on the kernel's SCTP, in a guest whose kernel has it: DNS and LDAP over each carrier.

    guest (lab/uml.py)
      namespace a: funnel-sctpd, engine A ====== lan ====== namespace b: funnel-sctpd, engine B

What runs in the guest is tests/integration/kernel/nodes.py. With a userland node in the picture its packets come to the
guest's kernel as they were sent, several in a train where the engine makes trains: Linux 6.1's SCTP in UDP dies of those
("Kernel panic - not syncing: Kernel mode fault" within seconds, and the guest hangs), see output_queue.h.
"""
import os

import pytest

from lab import uml

NODES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel", "nodes.py")
GUEST_SECONDS = 150


@pytest.mark.volume
@pytest.mark.parametrize("carrier", ["udp", "direct"])
@pytest.mark.parametrize("engines", ["kernel-kernel", "kernel-userland", "userland-kernel"])
def test_services_over_the_kernels_sctp(build, engines, carrier):
    if uml.why_not():
        pytest.skip(uml.why_not())
    done = uml.run(["/usr/bin/python3", "-B", NODES, build, *engines.split("-"), carrier], timeout=GUEST_SECONDS)
    assert done.returncode == 0, done.stdout[-8000:]
    assert done.stdout.splitlines()[-1] == "all done"
