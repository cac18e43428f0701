"""Fixtures that all integration tests share. Each test file draws its topology at its top; what the
lab consists of is drawn in tests/tools/lab/tunnel.py.
"""
import fcntl
import os
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)
from lab import before, fresh, guest, package as packaging  # noqa: E402

BUILD = os.environ.get("FUNNEL_BUILD", os.path.join(TOP, "build"))
SANITIZED = bool(os.environ.get("FUNNEL_SANITIZED"))


@pytest.fixture(scope="session")
def build():
    """The folder that meson built into."""
    return BUILD


@pytest.fixture(scope="module")
def make_tunnel(build):
    """Makes tunnels for one test file; all are stopped at its end, and a sanitizer's report fails it."""
    made = []

    def make(services, kind=lab.Tunnel, **options):
        tunnel = kind(build, services, **options)
        made.append(tunnel)
        return tunnel
    yield make
    errors = []
    for tunnel in reversed(made):
        try:
            tunnel.stop()
        except lab.LabError as error:
            errors.append(str(error))
    assert not errors, "\n".join(errors)


@pytest.fixture(scope="session")
def guests():
    """Skips what needs a guest where none can run."""
    reason = guest.missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def package(guests, tmp_path_factory, worker_id):
    """The path of funnel_*.deb, made of this tree once for all tests (or what FUNNEL_PACKAGE names)."""
    if os.environ.get("FUNNEL_PACKAGE"):
        return os.environ["FUNNEL_PACKAGE"]
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent  # one for all workers of pytest-xdist
    with open(folder / "package.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return packaging.package_in(str(folder / "package"))


@pytest.fixture(scope="module")
def make_installed(package):
    """Makes pairs of guests with Funnel installed for one test file; all are stopped at its end."""
    made = []

    def make(services, **options):
        tunnel = lab.InstalledTunnel(package, services, **options)
        made.append(tunnel)
        return tunnel
    yield make
    for tunnel in reversed(made):
        tunnel.stop()


@pytest.fixture(scope="module")
def programs_before():
    """The folder with the programs of the version before, where it is this machine's release's turn."""
    for reason in (before.missing(), fresh.missing()):
        if reason:
            pytest.skip(reason)
    if fresh.OURS not in fresh.chosen_suites():
        pytest.skip(f"this commit's turn is another release than this machine's, {fresh.OURS}: ./run-tests --fresh tries all")
    workspace = lab.Workspace()
    try:
        with fresh.lock(fresh.OURS):
            if not os.path.exists(before.kept_package(fresh.OURS)):
                with fresh.Machine(workspace, fresh.OURS, "builder") as builder:
                    before.package(builder.prepare_to_build())
            yield before.unpack(before.kept_package(fresh.OURS), workspace.folder("before"))
    finally:
        workspace.remove()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """After a failure: what both nodes say, and the ends of their logs."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and "tunnel" in item.funcargs:
        report.sections.append(("the nodes", item.funcargs["tunnel"].describe()))


def pytest_collection_modifyitems(items):
    """Under sanitizers, which are several times slower, tests of sheer volume are left out, and those of the package,
    which is the same."""
    if SANITIZED:
        for item in list(items):
            if item.get_closest_marker("volume") or "guests" in item.fixturenames:
                items.remove(item)


def pytest_configure(config):
    config.addinivalue_line("markers", "volume: moves so much that it is not repeated under sanitizers")
    config.addinivalue_line("markers", "fresh: begins with a machine into which nothing was installed; run-tests runs it apart")
    config.addinivalue_line("markers", "alone: measures time, so nothing else may run meanwhile")
    config.addinivalue_line("markers", "services: the services of examples/ that a test sends something through")
