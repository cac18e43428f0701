"""A newcomer's first minutes, on a minimal Debian of either release:

    git clone ... /root/funnel && cd /root/funnel && ./quickstart
"""
import os

import pytest

import lab
from lab import fresh

pytestmark = pytest.mark.fresh
ALL = os.environ.get("FUNNEL_FRESH") == "all"
ANSWERS = ("192.0.2.80", '"carried by Funnel"', "mail: user7@example.test", "402 entries, is the same through the tunnel",
           "quickstart: all of it is stopped and removed")


def options(machine):
    """Warnings are errors here, as they are for run-tests: nobody else sees the other release's compiler."""
    return {"FUNNEL_OPTIONS": fresh.OPTIONS[machine.suite]}


@pytest.fixture(scope="module", params=fresh.chosen_suites())
def machine(request):
    if fresh.missing():
        pytest.skip(fresh.missing())
    workspace = lab.Workspace()
    try:
        with fresh.lock(request.param), fresh.Machine(workspace, request.param, "machine") as made:
            made.check_out()
            yield made
    finally:
        workspace.remove()


def test_quickstart_installs_what_it_needs(machine):
    assert os.stat(machine.path("/root")).st_mode & 0o077 == 0, "/root is closed to others, as Debian has it"
    print(machine.run("tests/tools/install-packages", "build", "run", timeout=1500).stdout)


def test_quickstart_asks_through_the_tunnel_and_leaves_nothing(machine):
    out = machine.run("./quickstart", network=False, environment=options(machine), timeout=3000).stdout
    print(out)
    assert "packages: all there" in out
    for answer in ANSWERS:
        assert answer in out
    assert "Needs attention" not in out
    left = [name for name in os.listdir(machine.path("/root")) if name not in ("funnel", ".cache", ".bashrc", ".profile")]
    assert left == []


def test_units_say_what_this_systemd_understands(machine):
    """Without systemd.pc, too, which nothing that builds installs: systemd before 253 takes notify-reload for simple."""
    assert machine.run("pkg-config", "--exists", "systemd", check=False).returncode != 0
    unit = os.path.join(machine.path("/root/funnel"), "build/units/funnel-sctpd.service")
    with open(unit, encoding="utf-8") as file:
        kinds = [line.strip() for line in file if line.startswith("Type=")]
    assert kinds == [{"bookworm": "Type=notify", "trixie": "Type=notify-reload"}[machine.suite]]


def test_all_that_run_tests_needs_is_to_be_had(machine):
    sections = ("build", "run", "test", "package", "guest", "examples", "bench", "demo", "fuzz")
    assert machine.run("tests/tools/install-packages", "-s", *sections, timeout=600).stdout.endswith("packages: to be had\n")


@pytest.mark.skipif(not ALL, reason="./run-tests --fresh runs all")
def test_unit_tests_pass(machine):
    if machine.suite == fresh.OURS:
        pytest.skip("run-tests itself runs them on this release")
    machine.run("tests/tools/install-packages", "build", "run", "test", timeout=1500)
    out = machine.run("/usr/bin/python3", "-B", "tests/tools/run_tests.py", "--units", network=False, check=False,
                      environment=options(machine), timeout=3500).stdout
    print(out)
    last = out.splitlines()[-1]
    assert " passed, 0 failed" in last and int(last.split()[0]) > 1000, last
