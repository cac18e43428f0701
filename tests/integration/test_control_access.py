"""Who may ask running daemons by funnelctl, and what becomes of those who may not.

    branch (a)                                   hoster (b)
    dig    -> 127.0.0.1:5353 funnel-udpd@dns  ====  funnel-udpd@dns  -> nsd
    funnelctl -> run/edge/SERVICE/control.sock, authd.sock, sctpd.sock
"""
import os
import subprocess

import pytest

import lab

ANSWER = '"this is host 5"\n'
READERS = 64990
NOBODY = 65534
READING = (["sessions", "dns"], ["ping", "dns"], ["trace", "dns"])
CHANGING = (["drain", "dns"], ["resume", "dns"], ["close", "dns"], ["reset", "dns/1.0"], ["reload", "--wait", "dns"],
            ["reload", "--wait", "funnel-authd"], ["reload", "--wait", "funnel-sctpd"], ["log-level", "dns", "debug"],
            ["forward", "dns", "0:www.example.org:443"])


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([lab.dns_service()], with_nsd=True).prepare().start().wait_up()


def ask(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", "+time=1", "+tries=1", check=False)


def as_nobody(node, *arguments):
    command = [node.path("funnelctl"), *node.common_options, *arguments]
    return subprocess.run(["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", *command],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False)


@pytest.mark.parametrize("arguments", READING + CHANGING, ids=" ".join)
def test_strangers_are_refused(tunnel, arguments):
    done = as_nobody(tunnel.a, *arguments)
    refused = f"uid {NOBODY} is not in the group" if "dns" in " ".join(arguments) else "we may not connect to its control socket"
    assert done.returncode == 1 and refused in done.stdout, done.stdout


def test_who_is_in_the_read_group_may_look_and_change_nothing(tunnel):
    def as_reader(*arguments):
        command = [tunnel.a.path("funnelctl"), *tunnel.a.common_options, *arguments]
        return subprocess.run(["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--groups", str(READERS), *command],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
    for file in ("authd-read.sock", "sctpd-read.sock"):
        os.chown(f"{tunnel.a.run}/{file}", 0, READERS)
    done = as_reader("status", "--json")
    assert "is not in the group 0" in done.stdout and "we may not connect" not in done.stdout, done.stdout
    done = as_reader("reload", "--wait", "funnel-authd")
    assert done.returncode == 1 and f"uid {NOBODY} is not in the group" in done.stdout, done.stdout


def test_noise_on_an_edges_control_socket_ends_nothing(tunnel):
    noise = """
import os, random, socket, sys
for n in range(2000):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(5)
    try:
        s.connect(sys.argv[1])
        name = random.choice((b"status", b"ping", b"reset", b"trace", os.urandom(5)))
        command = os.urandom(4) + len(name).to_bytes(2, "big") + name
        s.send(bytes([1, random.choice((80, 80, 81, random.randrange(256)))]) + random.choice((
            command + bytes(2), command + os.urandom(20), command + b"\\0\\2\\0\\1" + os.urandom(1) + b"\\0\\1x", os.urandom(40))))
    except OSError: pass
    s.close()
"""
    path = f"{tunnel.a.run}/edge/dns/control.sock"
    for uid in (0, NOBODY):
        subprocess.run(["setpriv", "--reuid", str(uid), "--clear-groups", "/usr/bin/python3", "-c", noise, path],
                       check=True, timeout=120)
    assert ask(tunnel) == ANSWER and tunnel.a["funnel-udpd@dns"].starts == 1
    assert "dns/" in tunnel.a.funnelctl("channels").stdout


def test_edge_without_its_folder_runs_all_the_same(tunnel):
    said, status = tunnel.a.refused("ping", "nothing")
    assert "nothing: does not run: there is no control socket" in said and status == 1
