"""systemd-socket-activate itself starts the daemons: nothing here is of our own making but the daemons.

    branch (a)                                                          hoster (b), under the holder
    dig -> [systemd-socket-activate] funnel-udpd@dns                    funnel-udpd@dns -> nsd
              attaches to [systemd-socket-activate] funnel-sctpd ====== funnel-sctpd
              asks        [systemd-socket-activate] funnel-authd        funnel-authd

On the left nothing runs before the first dig: each socket's activity starts its daemon.
"""
import os

import pytest

import lab
from lab.base import Child


def activated(node, name, daemon_arguments, fdname, *listen):
    """The command: the tool binds as root, then the daemon runs under its own user."""
    daemon = node[name]
    environment = [f"--setenv={item}" for item in (f"KRB5_CONFIG={node.realm.config}", "KRB5CCNAME=MEMORY:")]
    environment += [f"--setenv={key}={os.environ[key]}" for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if key in os.environ]
    user = ["setpriv", "--reuid", str(daemon.uid), "--regid", str(daemon.uid), "--groups", str(node.edge_group), "--pdeathsig", "KILL"]
    tool = ["systemd-socket-activate", *environment, f"--fdname={fdname}", *listen,
            *user, *daemon.command[:1], *node.common_options, *daemon_arguments]
    return node.network.inside(node.letter, *tool)


@pytest.fixture
def tunnel(make_tunnel):
    made = make_tunnel([lab.dns_service(listen=("127.0.0.1:5353",))], with_nsd=True).prepare()
    made.b.start()
    return made


def test_first_query_starts_everything_and_is_answered(tunnel):
    node = tunnel.a
    folder = tunnel.workspace.folder("activate")
    parts = {
        "funnel-authd": activated(node, "funnel-authd", [], "authd", "--seqpacket", f"--listen={node.run}/authd.sock"),
        "funnel-sctpd": activated(node, "funnel-sctpd", [], "control", "--seqpacket",
                                  f"--listen={node.run}/sctpd.sock"),
        "funnel-udpd@dns": activated(node, "funnel-udpd@dns", ["dns"], "listen", "--datagram",
                                     "--listen=127.0.0.1:5353"),
    }
    children = []
    try:
        for name, command in parts.items():
            log = os.path.join(folder, name)
            children.append(Child(name, command, log))
            lab.wait_until(lambda log=log: "Listening on" in open(log, encoding="utf-8").read(), f"{name}'s socket", 10)

        # The tool knows no mode for its sockets; a .socket unit says SocketMode=.
        for file in ("authd.sock", "sctpd.sock"):
            os.chown(os.path.join(node.run, file), 0, node.edge_group)
            os.chmod(os.path.join(node.run, file), 0o660)

        def answered():
            for child in children:
                child.require_running()
            return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", check=False) == '"this is host 5"\n'
        lab.wait_until(answered, "DNS is answered", 20, detail=lambda: "\n".join(
            open(os.path.join(folder, name), encoding="utf-8").read()[-3000:] for name in parts))
    finally:
        for child in children:
            child.stop()
