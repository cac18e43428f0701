"""funnel_*.deb as a packager makes it, of what debian/control asks for and no more, and its life on a machine that had
nothing: installed at the version before, upgraded, purged.

    machine "builder"                      machine "user"
    minimal Debian + Build-Depends  .deb   minimal Debian
    dpkg-buildpackage             ------>  apt install, upgrade, purge
"""
import os
import shutil

import pytest

import lab
from lab import before, fresh, package as packaging

pytestmark = pytest.mark.fresh
# From 253 on systemd knows a reload from a start by itself. Before, it silently takes notify-reload for simple.
SERVICE_TYPE = {"bookworm": "notify", "trixie": "notify-reload"}
ADMINS_FILE = "/etc/funnel/services.d/dns.ini"
BACKUPS = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/.pwd.lock"}
PRUNED = ("/var/lib/dpkg", "/var/cache", "/var/log", "/var/lib/apt", "/var/lib/systemd")


@pytest.fixture(scope="module", params=fresh.chosen_suites())
def workspace(request):
    """With the suite that it is for."""
    if fresh.missing():
        pytest.skip(fresh.missing())
    made = lab.Workspace()
    made.suite = request.param
    with fresh.lock(request.param):
        yield made
    made.remove()


@pytest.fixture(scope="module")
def builder(workspace):
    with fresh.Machine(workspace, workspace.suite, "builder") as made:
        yield made.prepare_to_build()


@pytest.fixture(scope="module")
def package(workspace, builder):
    options = {**packaging.AS_THE_ORDINARY_BUILD,
               "MESON_OPTIONS": "--buildtype=debugoptimized " + fresh.OPTIONS[workspace.suite]}
    made = shutil.copy(builder.build_package(fresh.CHECKOUT, options), workspace.folder("new"))
    if os.environ.get("FUNNEL_FRESH_KEEP"):
        shutil.copy(made, os.path.join(os.environ["FUNNEL_FRESH_KEEP"], f"funnel_{workspace.suite}.deb"))
    return made


@pytest.fixture(scope="module")
def package_before(workspace, builder):
    if before.missing():
        pytest.skip(before.missing())
    return before.package(builder)


@pytest.fixture(scope="module")
def user(workspace):
    with fresh.Machine(workspace, workspace.suite, "user") as made:
        made.apt("update")
        yield made


def put(machine, package):
    shutil.copy(package, machine.path("/root/funnel.deb"))


def field(machine, *names):
    return machine.run("dpkg-deb", "--field", "/root/funnel.deb", *names).stdout.strip()


def files_of(machine):
    """All that a package could leave, without what dpkg and apt keep for themselves."""
    found = set()
    for top in ("/etc", "/usr", "/var", "/root", "/home", "/opt", "/srv"):
        for folder, folders, files in os.walk(machine.path(top)):
            here = folder[len(machine.root):]
            folders[:] = [name for name in folders if f"{here}/{name}" not in PRUNED]
            found.update(f"{here}/{name}" for name in folders + files)
    return found


def test_the_package_knows_the_systemd_of_its_release(package, builder):
    for unit in ("funnel-authd.service", "funnel-sctpd.service", "funnel-udpd@.service", "funnel-tcpd@.service"):
        shutil.copy(package, builder.path("/root/made.deb"))
        text = builder.run("sh", "-c", f"dpkg-deb --fsys-tarfile /root/made.deb | tar -xO --wildcards '*/systemd/system/{unit}'").stdout
        assert f"Type={SERVICE_TYPE[builder.suite]}\n" in text, unit


def test_from_the_version_before_to_this_one_to_nothing(package, package_before, user):
    put(user, package_before)
    assert field(user, "Version") == before.VERSION
    before_deps = field(user, "Pre-Depends"), field(user, "Depends")
    put(user, package)
    for depends in (*before_deps, field(user, "Pre-Depends"), field(user, "Depends")):
        if depends:
            user.apt("satisfy", depends)
    files_before = files_of(user)

    put(user, package_before)
    user.apt("install", "/root/funnel.deb", network=False)
    assert user.run("funnelctl", "--version").stdout == f"funnelctl {before.VERSION}\n"
    with open(user.path(ADMINS_FILE), "w", encoding="utf-8") as file:
        file.write("[service]\nprotocol = udp\n")

    put(user, package)
    version = field(user, "Version")
    assert version != before.VERSION
    user.apt("install", "/root/funnel.deb", network=False)
    assert user.run("funnelctl", "--version").stdout == f"funnelctl {version}\n"
    assert user.run("dpkg-query", "--show", "--showformat=${Version} ${db:Status-Status}", "funnel").stdout == f"{version} installed"

    user.apt("purge", "funnel", network=False)
    left = files_of(user) - files_before - BACKUPS - {"/root/funnel.deb"}
    assert left == {"/etc/funnel", "/etc/funnel/services.d", ADMINS_FILE}
    with open(user.path("/etc/passwd"), encoding="utf-8") as file:
        assert "funnel-authd:" in file.read(), "users stay, as files of theirs may be left in backups"
