"""The engines keep what funnel-sctpd/engine/engine.h promises, alone and against each other.

    host a: engine ====== lan, alt ====== engine: host b          (network namespaces; two_hosts.h)

Each engine is SCTP of our own in our process, or the kernel's; what carries it is UDP or IP itself. Most machines that run tests have no SCTP in their kernel: pairings with it run in a guest that has (lab/uml.py).
"""
import os
import subprocess

import pytest

from lab import uml

HERE = ("OwnOwn",)
IN_A_GUEST = ("KernelKernel", "OwnKernel", "KernelOwn")
GUEST_SECONDS = 600


def conformance(build, pairing):
    return [os.path.join(build, "tests/lab/engine-conformance"), "--gtest_brief=1", f"--gtest_filter=*{pairing}*"]


def require_all(done):
    assert done.returncode == 0, done.stdout[-6000:]
    assert "SKIPPED" not in done.stdout and " 0 tests" not in done.stdout, done.stdout[-6000:]


@pytest.mark.parametrize("pairing", HERE)
def test_engines_here(build, pairing):
    require_all(subprocess.run(conformance(build, pairing), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, timeout=GUEST_SECONDS, check=False))


@pytest.mark.volume
@pytest.mark.parametrize("pairing", IN_A_GUEST)
def test_engines_in_a_guest(build, pairing):
    if uml.why_not():
        pytest.skip(uml.why_not())
    require_all(uml.run(conformance(build, pairing), timeout=GUEST_SECONDS))
