"""What `meson install` puts where systemd looks: every unit is understood, and locked up.

    meson install --> tree/usr/lib/systemd/system <-- the machine's own units, for what ours refer to
    services of three kinds --> funnel-generator --> tree/etc/systemd/system/UNIT.d/50-funnel.conf
    systemd-analyze --root=tree
"""
import glob
import os
import re
import shutil
import subprocess

import pytest

WORST_EXPOSURE = 1.5
SYSTEM_UNITS = "/usr/lib/systemd/system"
PROGRAMS = ("funnel-authd", "funnel-sctpd", "funnel-udpd", "funnel-tcpd", "funnelctl")
SECURITY = "[security]\nidentity = x/a@FUNNEL.TEST\n"
SERVICES = {
    "dns": f"[service]\nprotocol = udp\npeer = b\n[listen]\naddress = 127.0.0.1:53\n{SECURITY}expect = x/b@FUNNEL.TEST\n",
    "web": f"[service]\nprotocol = tcp\npeer = b\n[listen]\naddress = [::1]:80\n{SECURITY}expect = x/b@FUNNEL.TEST\n",
    "far": "[service]\nprotocol = udp\n[connect]\naddress = 127.0.0.1:1812\ncheck = radius\ncheck-secret-file = /etc/funnel/secret\n"
           f"{SECURITY}accept = x/*@FUNNEL.TEST\n",
    # The one that needs most: a name to look up, and this host's own addresses.
    "ldap": f"[service]\nprotocol = tcp\n[connect]\naddress = ldap.funnel.test:389\nproxy-protocol = v2\n{SECURITY}"
            "accept = x/*@FUNNEL.TEST\n",
    "socks": "[service]\nprotocol = socks\n[connect]\nnetworks = 0.0.0.0/0\nnetworks = fe80::/10\nports = 443\n"
             f"{SECURITY}accept = x/*@FUNNEL.TEST\n",
    # An edge that may send from any address (CAP_NET_RAW).
    "clear": f"[service]\nprotocol = udp\n[connect]\naddress = 192.0.2.7:53\nsource = transparent\nsource-port = same\n{SECURITY}"
             "accept = x/*@FUNNEL.TEST\n",
    "tool": f"[service]\nprotocol = command\n[connect]\nexec = /bin/true\nuser = daemon\n{SECURITY}accept = x/*@FUNNEL.TEST\n",
}
EDGES = ("funnel-udpd@dns", "funnel-tcpd@web", "funnel-udpd@far", "funnel-tcpd@ldap", "funnel-tcpd@socks", "funnel-tcpd@tool",
         "funnel-udpd@clear")
# Instances without the generator's drop-in too: what a template says must stand by itself.
SERVICE_UNITS = [f"{name}.service" for name in
                 ("funnel-authd", "funnel-sctpd", "funnel-metrics@1", "funnel-udpd@x", "funnel-tcpd@x", *EDGES)]
OTHER_UNITS = ["funnel.target", "funnel.slice", "funnel-authd.socket", "funnel-sctpd.socket", "funnel-metrics.socket",
               *(f"funnel-{daemon}-{group}.socket" for daemon in ("authd", "sctpd") for group in ("read", "admin")),
               *(f"{name}.socket" for name in EDGES), "funnel-exec-tool.socket", "funnel-exec-tool@1.service"]


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
                          **options)


@pytest.fixture(scope="module")
def tree(build, tmp_path_factory):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (package systemd)")
    top = tmp_path_factory.mktemp("tree")
    done = run("/usr/bin/python3", "/usr/bin/meson", "install", "-C", build, "--no-rebuild", "--tags", "systemd",
               "--destdir", str(top))
    assert done.returncode == 0, done.stdout
    installed = glob.glob(f"{top}/**/funnel-authd.service", recursive=True)
    assert len(installed) == 1, done.stdout
    units = top / SYSTEM_UNITS[1:]
    shutil.copytree(SYSTEM_UNITS, units, dirs_exist_ok=True, symlinks=True)
    if os.path.dirname(installed[0]) != str(units):
        shutil.copytree(os.path.dirname(installed[0]), units, dirs_exist_ok=True)
    place_programs(build, top, units)
    shutil.copy(os.path.join(build, "funnel-exec", "funnel-exec"), top / "usr/sbin")
    generate(build, top)
    return top


def place_programs(build, top, units):
    """Where the units look for them."""
    for unit in glob.glob(f"{units}/funnel*"):
        if not os.path.isfile(unit):
            continue
        with open(unit, encoding="utf-8") as file:
            for path in re.findall(r"^Exec\w+=[-+]*(/\S+)", file.read(), re.MULTILINE):
                name = os.path.basename(path)
                source = os.path.join(build, name if name in PROGRAMS else "units/generator", name)
                if path == "/usr/bin/find":
                    source = path
                target = top / path[1:]
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.exists():
                    shutil.copy(source, target)


def generate(build, top):
    config = top / "config"
    (config / "services.d").mkdir(parents=True)
    for name, text in SERVICES.items():
        (config / "services.d" / f"{name}.ini").write_text(text, encoding="utf-8")
    drop_ins = top / "etc/systemd/system"
    drop_ins.mkdir(parents=True)
    done = run(os.path.join(build, "units/generator/funnel-generator"), "--config", str(config), str(drop_ins))
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("unit", SERVICE_UNITS + OTHER_UNITS)
def test_unit_is_understood(tree, unit):
    done = run("systemd-analyze", "verify", "--man=no", f"--root={tree}", unit)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("unit", SERVICE_UNITS)
def test_unit_is_locked_up(tree, unit):
    done = run("systemd-analyze", "security", "--offline=true", "--no-pager", f"--root={tree}",
               f"--threshold={round(WORST_EXPOSURE * 10)}", unit)
    found = re.search(r"Overall exposure level for \S+ ([0-9.]+)", done.stdout)
    assert found, done.stdout
    assert float(found.group(1)) <= WORST_EXPOSURE, done.stdout
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", SERVICE_UNITS)
def test_only_authd_sees_the_keytabs(tree, unit):
    text = run("systemd-analyze", "cat-config", f"--root={tree}", f"systemd/system/{template_of(unit)}").stdout
    hidden = "InaccessiblePaths=-/etc/funnel/keytabs" in text or "TemporaryFileSystem=/run:ro /etc:ro" in text
    assert hidden == (unit != "funnel-authd.service"), text


def template_of(unit):
    return re.sub(r"@[^.]*", "@", unit)


def test_what_faces_strangers_cannot_take_all_memory(tree):
    text = run("systemd-analyze", "cat-config", f"--root={tree}", "systemd/system/funnel-sctpd.service").stdout
    assert re.findall(r"^MemoryMax=(.*)", text, re.MULTILINE) == ["2G"], text


def test_each_edge_has_its_own_user(tree):
    for program, letter in (("udpd", "u"), ("tcpd", "t")):
        text = (tree / SYSTEM_UNITS[1:] / f"funnel-{program}@.service").read_text(encoding="utf-8")
        assert f"\nDynamicUser=yes\nUser=funnel-{letter}-%i\n" in text


@pytest.mark.parametrize("unit, group", [("authd", "edge"), ("sctpd", "edge"), ("authd-read", "read"), ("sctpd-read", "read"),
                                         ("authd-admin", "admin"), ("sctpd-admin", "admin")])
def test_control_sockets_are_for_those_they_concern(tree, unit, group):
    text = (tree / SYSTEM_UNITS[1:] / f"funnel-{unit}.socket").read_text(encoding="utf-8")
    assert f"\nSocketUser=root\nSocketGroup=funnel-{group}\nSocketMode=0660\n" in text
    assert f"\nListenSequentialPacket=/run/funnel/{unit}.sock\n" in text


def test_users_and_folders_are_understood(tree):
    done = run("systemd-sysusers", "--dry-run", f"--root={tree}")
    assert done.returncode == 0 and "not a valid" not in done.stdout, done.stdout
    for user in ("funnel-authd", "funnel-sctpd"):
        assert f"Creating user '{user}'" in done.stdout
    for group in ("funnel-read", "funnel-admin", "funnel-edge"):
        assert f"Creating group '{group}'" in done.stdout
