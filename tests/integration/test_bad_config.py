"""Each mistake in the configuration is named with file and line, by `funnelctl check` and by the daemons, which then
do not start; a service whose own file is wrong costs the others nothing.

    a folder with a right configuration + one mistake -> funnelctl check, funnel-sctpd
"""
import json
import os
import shutil
import subprocess

import pytest

import lab

FUNNEL_CONF = """\
[node]
name = branch.funnel.test
[kerberos]
keytab = /nonexistent/funnel.keytab
"""
PEER = """\
[peer]
node = hoster.funnel.test
principal = funnel/hoster.funnel.test@FUNNEL.TEST
connect = 192.0.2.1
"""
DNS = """\
[service]
protocol = udp
peer = hoster
stream = 5
edge-user = 64001
[listen]
address = 127.0.0.1:5353
[security]
identity = dns/branch.funnel.test@FUNNEL.TEST
expect = dns/hoster.funnel.test@FUNNEL.TEST
"""
LDAP = """\
[service]
protocol = tcp
edge-user = 64002
[connect]
address = 127.0.0.1:3890
[security]
identity = ldap/branch.funnel.test@FUNNEL.TEST
accept = ldap/*@FUNNEL.TEST
"""
RIGHT = {"funnel.conf": FUNNEL_CONF, "peers.d/hoster.ini": PEER, "services.d/dns.ini": DNS, "services.d/ldap.ini": LDAP}
OTHER_DNS = DNS.replace("protocol = udp", "protocol = tcp").replace("64001", "64003").replace("stream = 5", "stream = 6")

# name: (file, the text to replace, its replacement, line expected, words expected in that mistake)
MISTAKES = {
    "unknown key": ("services.d/dns.ini", "stream = 5", "strem = 5", 4, ["strem"]),
    "unknown key in funnel.conf": ("funnel.conf", "keytab =", "keytap =", 4, ["keytap"]),
    "unknown section": ("services.d/dns.ini", "[security]", "[securty]", 8, ["securty"]),
    "time without a unit": ("services.d/dns.ini", "stream = 5", "lifetime = 5", 4, ["lifetime"]),
    "size without a unit": ("funnel.conf", "[kerberos]", "[sctp]\nsend-buffer = 5000000\n[kerberos]", 4, ["send-buffer"]),
    "bad address": ("services.d/dns.ini", "127.0.0.1:5353", "127.0.0.300:5353", 7, ["127.0.0.300"]),
    "address without a port": ("services.d/dns.ini", "127.0.0.1:5353", "127.0.0.1", 7, ["port"]),
    "port out of range": ("services.d/dns.ini", "127.0.0.1:5353", "127.0.0.1:70000", 7, ["70000"]),
    "bad backend address": ("services.d/ldap.ini", "127.0.0.1:3890", "127.0.0.1:x", 5, []),
    "stream out of range": ("services.d/dns.ini", "stream = 5", "stream = 64", 4, ["stream"]),
    "repeated single key": ("services.d/dns.ini", "stream = 5", "stream = 5\nstream = 6", 5, ["stream"]),
    "indented line": ("services.d/dns.ini", "stream = 5", "  stream = 5", 4, ["indent"]),
    "overlong line": ("services.d/dns.ini", "stream = 5", "stream = 5\ntarget = " + "x" * 100000, 5, ["long"]),
    "line that is nothing": ("services.d/dns.ini", "stream = 5", "stream", 4, []),
    "key before any section": ("services.d/dns.ini", "[service]", "peer = x\n[service]", 1, []),
    "principal without a realm": ("services.d/dns.ini", "expect = dns/hoster.funnel.test@FUNNEL.TEST",
                                  "expect = dns/hoster.funnel.test", 10, ["realm"]),
    "wildcard realm": ("services.d/ldap.ini", "accept = ldap/*@FUNNEL.TEST", "accept = ldap/*@*", 8, []),
    "unknown protocol": ("services.d/dns.ini", "protocol = udp", "protocol = icmp", 2, ["icmp"]),
    "unknown peer": ("services.d/dns.ini", "peer = hoster", "peer = nobody", 3, ["nobody"]),
    "missing protocol": ("services.d/dns.ini", "protocol = udp\n", "", None, ["protocol"]),
    "missing peer": ("services.d/dns.ini", "peer = hoster\n", "", None, ["peer"]),
    "missing principal of the peer": ("peers.d/hoster.ini", "principal = funnel/hoster.funnel.test@FUNNEL.TEST\n", "",
                                      None, ["principal"]),
    "two roles": ("services.d/dns.ini", "[security]", "[connect]\naddress = 127.0.0.1:1\n[security]", None, ["connect"]),
    "no role": ("services.d/dns.ini", "[listen]\naddress = 127.0.0.1:5353\n", "", None, ["listen"]),
    "missing node name": ("funnel.conf", "name = branch.funnel.test\n", "", None, ["name"]),
    "a Unix socket for UDP": ("services.d/ldap.ini", "protocol = tcp\nedge-user = 64002\n[connect]\naddress = 127.0.0.1:3890",
                              "protocol = udp\nedge-user = 64002\n[connect]\naddress = unix:/run/x.sock", 5, ["unix"]),
    "bad network": ("services.d/ldap.ini", "edge-user = 64002", "edge-user = 64002\nclient-networks = 10.0.0.0/40", 4,
                    ["10.0.0.0/40"]),
    "a key of TCP in a UDP service": ("services.d/dns.ini", "stream = 5", "max-sessions = 5", 4, ["max-sessions"]),
}


@pytest.fixture
def folder():
    workspace = lab.Workspace()
    yield lambda files: write(workspace, files)
    workspace.remove()


def write(workspace, files):
    for path, text in files.items():
        full = os.path.join(workspace.path, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as out:
            out.write(text)
    return workspace.path


def run(build, program, path, *arguments):
    # --defaults: a packaged Funnel on this machine must not take part.
    return subprocess.run([os.path.join(build, program, program), "--config", path, "--defaults", path + "/none", "--run",
                           path, "--state", path, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=20, check=False)


def check(build, path):
    return run(build, "funnelctl", path, "check")


def changed(mistake):
    file, old, new = MISTAKES[mistake][:3]
    assert RIGHT[file].count(old) == 1, "the replacement is meant for one place"
    return {**RIGHT, file: RIGHT[file].replace(old, new)}


def test_right_configuration_is_accepted(build, folder):
    done = check(build, folder(RIGHT))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("mistake", MISTAKES)
def test_check_names_file_and_line(build, folder, mistake):
    file, _, _, line, words = MISTAKES[mistake]
    path = folder(changed(mistake))
    done = check(build, path)
    assert done.returncode == 1, done.stdout
    start = f"{path}/{file}:" + (f"{line}:" if line else "")
    found = [one for one in done.stdout.splitlines() if start in one]
    assert found, f"no line with {start} in:\n{done.stdout}"
    assert any(all(word.lower() in one.lower() for word in words) for one in found), done.stdout


DAEMONS = {"funnel-authd": [], "funnel-sctpd": [], "funnel-udpd": ["dns"], "funnel-tcpd": ["ldap"]}


@pytest.mark.parametrize("daemon", DAEMONS)
def test_daemon_says_the_same_and_does_not_start(build, folder, daemon):
    path = folder(changed("unknown key in funnel.conf"))
    done = run(build, daemon, path, *DAEMONS[daemon])
    assert done.returncode not in (0, -6, -11), done.stdout
    assert f"{path}/funnel.conf:4:" in done.stdout and "keytap" in done.stdout


@pytest.mark.parametrize("daemon", DAEMONS)
def test_service_with_a_mistake_is_left_out_and_reported(build, folder, daemon):
    """No daemon gets its sockets here: the daemons of the other services get as far as that, and stop there."""
    path = folder(changed("unknown key"))
    done = run(build, daemon, path, *DAEMONS[daemon])
    assert f"{path}/services.d/dns.ini:4:" in done.stdout and "strem" in done.stdout, done.stdout
    assert "this service is left out" in done.stdout
    end = done.stdout.splitlines()[-1]
    if daemon == "funnel-udpd":
        assert "no service 'dns' that is right" in end, done.stdout
    else:
        assert "socket" in end or "LISTEN_FDS" in end, done.stdout


def test_all_mistakes_are_reported_at_once(build, folder):
    path = folder({**changed("unknown key"), "peers.d/hoster.ini": PEER.replace("connect", "conect")})
    done = check(build, path)
    assert done.returncode == 1
    assert f"{path}/services.d/dns.ini:4:" in done.stdout and f"{path}/peers.d/hoster.ini:4:" in done.stdout


def test_same_port_twice_names_both_places(build, folder):
    path = folder({**RIGHT, "services.d/dns-two.ini": DNS.replace("stream = 5", "stream = 6").replace("64001", "64003")})
    done = check(build, path)
    assert done.returncode == 1
    assert f"{path}/services.d/dns-two.ini:7:" in done.stdout or f"{path}/services.d/dns.ini:7:" in done.stdout
    assert "dns-two.ini" in done.stdout and "dns.ini" in done.stdout and "5353" in done.stdout


def test_same_port_of_tcp_and_udp_is_no_mistake(build, folder):
    done = check(build, folder({**RIGHT, "services.d/dns-tcp.ini": OTHER_DNS}))
    assert done.returncode == 0, done.stdout


def test_same_stream_twice_names_both_places(build, folder):
    path = folder({**RIGHT, "services.d/dns-tcp.ini": OTHER_DNS.replace("stream = 6", "stream = 5")})
    done = check(build, path)
    assert done.returncode == 1
    assert "dns-tcp.ini" in done.stdout and "dns.ini" in done.stdout and ":4:" in done.stdout


def test_missing_funnel_conf_is_named(build, folder):
    path = folder({name: text for name, text in RIGHT.items() if name != "funnel.conf"})
    done = check(build, path)
    assert done.returncode == 1 and f"{path}/funnel.conf" in done.stdout


def test_unknown_service_is_named(build, folder):
    done = run(build, "funnel-udpd", folder(RIGHT), "nothing-here")
    assert done.returncode not in (0, -6, -11) and "nothing-here" in done.stdout


def test_edge_of_the_other_protocol_refuses(build, folder):
    done = run(build, "funnel-tcpd", folder(RIGHT), "dns")
    assert done.returncode not in (0, -6, -11) and "dns" in done.stdout


def check_modules(build, folder, keys):
    """What check says of a service with these keys, where those modules are that were just built."""
    path = folder({**RIGHT, "services.d/dns-tcp.ini": OTHER_DNS.replace("[service]\n", "[service]\n" + keys)})
    done = run(build, "funnelctl", path, "check", "--modules", os.path.join(build, "modules"))
    return done.returncode, [line for line in done.stdout.splitlines() if f"{path}/services.d/dns-tcp.ini:" in line]


def test_module_that_is_there_is_no_mistake(build, folder):
    assert check_modules(build, folder, "module = dns\n") == (0, [])


def test_missing_module_is_a_warning_unless_it_is_required(build, folder):
    status, (line,) = check_modules(build, folder, "module = nowhere\n")
    assert status == 0 and "dns-tcp.ini:2: warning: module: " in line and "nowhere.so: No such file" in line
    status, (line,) = check_modules(build, folder, "module-required = yes\nmodule = nowhere\n")
    assert status == 1 and "dns-tcp.ini:3: module: " in line


def test_option_that_a_module_does_not_take_is_named(build, folder):
    status, (line,) = check_modules(build, folder, "module = ldap\nmodule-option = entries=free\nmodule-option = colour=red\n")
    assert status == 1 and line.endswith("dns-tcp.ini:4: module-option: module ldap has no option colour")
    status, (line,) = check_modules(build, folder, "module = ldap\nmodule-option = entries=sorted\n")
    assert status == 1 and line.endswith("dns-tcp.ini:3: module-option: entries is free or ordered")


def test_modules_are_listed_with_what_is_wrong_about_them(build, folder):
    path = folder(RIGHT)
    modules = os.path.join(path, "modules")
    os.mkdir(modules, 0o755)
    shutil.copy(os.path.join(build, "modules", "ldap.so"), modules)
    with open(os.path.join(modules, "text.so"), "w", encoding="utf-8") as file:
        file.write("no module")
    done = run(build, "funnelctl", path, "modules", "--json", "--modules", modules)
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert said["folder"] == modules and [one["module"] for one in said["modules"]] == ["ldap", "text"]
    ldap, text = said["modules"]
    assert ldap["reason"] is None and ldap["connections"] and [one["option"] for one in ldap["options"]] == ["entries"]
    assert text["reason"] == f"{modules}/text.so is no shared object of this machine" and text["options"] == []
    shown = run(build, "funnelctl", path, "modules", "--modules", modules).stdout
    assert "LDAP (RFC 4511)" in shown and "reason: " in shown
    os.unlink(os.path.join(modules, "text.so"))
    os.chmod(modules, 0o777)
    done = run(build, "funnelctl", path, "modules", "--modules", modules)
    assert done.returncode == 1 and "can be written by others than its owner" in done.stdout
