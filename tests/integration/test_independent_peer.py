"""The engines in funnel-sctpd meet programs that others wrote, or that know nothing of Funnel: Linux's SCTP behind plain sockets, and
Debian's sctp_test. The assertions are about what those print.

    guest (lab/uml.py): Linux's SCTP (a) ====== lan ====== (b) funnel-sctpd

What runs in the guest is tests/integration/kernel/independent.py.
"""
import os

import pytest

from lab import uml

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel", "independent.py")
GUEST_SECONDS = 600
MEETINGS = ("without_interleaving_is_told", "stranger_is_let_in_and_ends_when_it_proves_nothing",
            "stranger_s_open_and_other_protocols_are_dropped", "stranger_who_cannot_prove_it_is_refused",
            "our_engine_opens_and_ends_without_an_answer", "our_engine_reaches_debian_s_sctp_test")


@pytest.fixture(scope="module")
def done(build):
    if uml.why_not():
        pytest.skip(uml.why_not())
    return uml.run(["/usr/bin/python3", "-B", PROGRAM, build, "own"], timeout=GUEST_SECONDS)


@pytest.mark.volume
@pytest.mark.parametrize("carrier", ["udp", "direct"])
@pytest.mark.parametrize("meeting", MEETINGS)
def test_meeting(done, meeting, carrier):
    assert done.returncode == 0, done.stdout[-8000:]
    assert f"passed {meeting}-{carrier}" in done.stdout.splitlines(), done.stdout[-8000:]
