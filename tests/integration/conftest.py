"""Fixtures that all integration tests share. Each test file draws its topology at its top; what the
lab consists of is drawn in tests/tools/lab/tunnel.py.
"""
import os
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)

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

    def make(services, **options):
        tunnel = lab.Tunnel(build, services, **options)
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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """After a failure: what both nodes say, and the ends of their logs."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and "tunnel" in item.funcargs:
        report.sections.append(("the nodes", item.funcargs["tunnel"].describe()))


def pytest_collection_modifyitems(items):
    """Under sanitizers, which are several times slower, tests of sheer volume are left out."""
    if SANITIZED:
        for item in list(items):
            if item.get_closest_marker("volume"):
                items.remove(item)


def pytest_configure(config):
    config.addinivalue_line("markers", "volume: moves so much that it is not repeated under sanitizers")
    config.addinivalue_line("markers", "services: the services of examples/ that a test sends something through")
