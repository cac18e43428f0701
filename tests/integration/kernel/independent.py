"""In the guest: independent.py BUILD ENGINE has funnel-sctpd with that engine meet programs that have nothing of Funnel, over each
carrier. Prints "passed WHAT-CARRIER" for each that goes as the protocol says, and what is to be seen of one that does not.

    namespace a: plain_peer.py, sctp_test (Linux's SCTP) ====== lan ====== namespace b: funnel-sctpd, funnel-authd
"""
import os
import re
import struct
import subprocess
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)
from lab.netns import ADDRESSES  # noqa: E402

from hosts import prepare_host, prepare_link  # noqa: E402

SCTPD = "funnel-sctpd"
CARRIERS = ("udp", "direct")
FUNNEL = "464e4c31"
# Enough for the slowest guest, and over soon.
SETTINGS = {"sctp": {"verify-timeout": "3s"}, "kerberos": {"handshake-timeout": "2s"}}
NOT_VERIFIED = "lost: not verified in time"
# type, version, epoch, channel, lifetime
OPEN_HEADER, REFUSED_HEADER = (f"{kind}010000" "0000004d" "00000000" for kind in ("01", "03"))


def field(kind, value):
    return (struct.pack(">BH", kind, len(value)) + value).hex()


def opening(service):
    """An OPEN as man/funnel-protocol.7 has it, with a token that proves nothing."""
    return OPEN_HEADER + "".join([
        field(1, b"\1"), field(3, b"\0\1"), field(5, service), field(7, b"hoster.funnel.test"), field(9, bytes(32)),
        field(11, b"\x08"), field(15, b"no token of any mechanism")])


def plain(tunnel, *arguments):
    return tunnel.network.popen("a", "/usr/bin/python3", "-B", os.path.join(HERE, "plain_peer.py"), *arguments,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def said(process):
    """All its lines, once it has ended."""
    lines = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 0, lines
    return lines


def connect(tunnel, chunks, *messages):
    return said(plain(tunnel, "connect", ADDRESSES["b"], chunks, *messages))


# A stranger connects

def without_interleaving_is_told(tunnel, _):
    lines = connect(tunnel, "plain")
    assert len(lines) <= 2 and "lacks I-DATA (RFC 8260)" in lines[-1], lines


def stranger_is_let_in_and_ends_when_it_proves_nothing(tunnel, _):
    assert connect(tunnel, "interleave") == ["up", NOT_VERIFIED]


def stranger_s_open_and_other_protocols_are_dropped(tunnel, _):
    before = tunnel.b.counters(SCTPD)
    lines = connect(tunnel, "interleave", f"3:{FUNNEL}:{opening(b'dns')}", f"5:0000002f:{opening(b'dns')}")
    assert lines == ["up", NOT_VERIFIED], lines
    after = tunnel.b.counters(SCTPD)
    assert after["dropped_unverified"] == before["dropped_unverified"] + 1, (before, after)
    assert after["verify_timeouts"] == before["verify_timeouts"] + 1


def stranger_who_cannot_prove_it_is_refused(tunnel, _):
    up, refused, lost = connect(tunnel, "interleave", f"0:{FUNNEL}:{opening(b'@peer')}")
    assert up == "up" and lost.startswith("lost: ") and lost != NOT_VERIFIED, lost
    assert refused.startswith(f"stream 0 ppid {FUNNEL}: {REFUSED_HEADER}0001"), refused  # 1: refused


# Our engine connects

def write_peer(tunnel, carrier):
    tunnel.b.write_peer(lab.Peer(connect=ADDRESSES["a"], extra={"carrier": carrier}), tunnel.a)
    tunnel.b[SCTPD].start()


def our_engine_opens_and_ends_without_an_answer(tunnel, carrier):
    listening = plain(tunnel, "listen", ADDRESSES["a"], "interleave")
    assert listening.stdout.readline() == "listening\n"
    write_peer(tunnel, carrier)
    up, opened, lost = said(listening)
    assert (up, lost) == ("up", NOT_VERIFIED), lost
    assert re.match(f"stream 0 ppid {FUNNEL}: 01010000[0-9a-f]{{8}}00000000", opened), opened
    assert b"@peer".hex() in opened


def our_engine_reaches_debian_s_sctp_test(tunnel, carrier):
    """It has no I-DATA: the association comes up, ends, and our log says why. And so on: it prints a line when the next comes."""
    up, lost = "SCTP_ASSOC_CHANGE(COMMUNICATION_UP)", "SCTP_ASSOC_CHANGE(COMMUNICATION_LOST)"
    path = os.path.join(tunnel.workspace.path, f"sctp_test.{carrier}")
    with open(path, "w", encoding="utf-8") as output:
        server = tunnel.network.popen("a", "sctp_test", "-H", ADDRESSES["a"], "-P", 29899, "-l", stdout=output)

    def printed():
        with open(path, encoding="utf-8") as file:
            return file.read()
    try:
        lab.wait_until(lambda: "listen(" in printed(), "sctp_test listens", 20)
        write_peer(tunnel, carrier)
        lab.wait_until(lambda: lost in printed(), "sctp_test prints what came", 40, detail=printed)
    finally:
        server.kill()
        server.wait()
    assert printed().index(up) < printed().index(lost)
    tunnel.b.wait_logged("lacks I-DATA (RFC 8260)", "direction=out", daemon=SCTPD)


STRANGERS = (without_interleaving_is_told, stranger_is_let_in_and_ends_when_it_proves_nothing,
             stranger_s_open_and_other_protocols_are_dropped, stranger_who_cannot_prove_it_is_refused)
OUTGOING = (our_engine_opens_and_ends_without_an_answer, our_engine_reaches_debian_s_sctp_test)


def attempt(tunnel, what, carrier):
    try:
        what(tunnel, carrier)
        print(f"passed {what.__name__}-{carrier}", flush=True)
    except Exception:  # the others are still to be tried
        print(what.__name__, carrier, traceback.format_exc(), tunnel.describe(), sep="\n", flush=True)


def main(build, engine):
    with lab.Tunnel(build, [lab.dns_service()], settings=SETTINGS) as tunnel:
        tunnel.b.settings["sctp"]["engine"] = engine
        for letter, runs in (("a", "kernel"), ("b", engine)):
            prepare_link(tunnel.network, letter, "lan")
            prepare_host(tunnel.network, letter, runs)
        tunnel.b.sctpd_options = ["--capability=net_raw"]
        tunnel.prepare()
        tunnel.b.start()
        for carrier in CARRIERS:
            tunnel.network.run("a", "sysctl", "-qw", f"net.sctp.encap_port={9899 if carrier == 'udp' else 0}")
            for what in STRANGERS:
                attempt(tunnel, what, carrier)
        for carrier in CARRIERS:
            for what in OUTGOING:
                tunnel.b[SCTPD].stop()
                attempt(tunnel, what, carrier)


if __name__ == "__main__":
    main(*sys.argv[1:])
