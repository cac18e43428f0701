"""What cannot work together is refused, and both ends say why; everything else goes on.

    branch (a)                                       hoster (b)
    mixed: UDP 127.0.0.1:7004    ==== refused ==X=>  mixed: TCP
    there: UDP 127.0.0.1:7001 <-.==== refused ==X=>  there -> 127.0.0.1:7002 --.
    back  -> 127.0.0.1:7001 ----'<=X= refused =====  back: UDP 127.0.0.1:7002 <-'
    plain: UDP 127.0.0.1:7003    =================>  plain -> flows serve :7103
"""
import pytest

import lab
from lab import traffic

SERVICES = [
    lab.Service("mixed", "udp", ("127.0.0.1:7004",), "127.0.0.1:7104", connect_service={"protocol": "tcp"}),
    lab.Service("there", "udp", ("127.0.0.1:7001",), "127.0.0.1:7002"),
    lab.Service("back", "udp", ("127.0.0.1:7002",), "localhost:7001", at="b"),
    lab.Service("plain", "udp", ("127.0.0.1:7003",), "127.0.0.1:7103"),
]
SEND = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', 7001))"


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel(SERVICES).prepare().start()
    with traffic.Server(made, "flows", "127.0.0.1:7103"):
        yield made.wait_up("plain")


def require_refused(tunnel, service, at, *texts):
    """The channel of the initiator shows it, and status and log of both ends."""
    there = tunnel.b if at is tunnel.a else tunnel.a
    at.wait_channel(service, "refused", deadline=30)
    reason = at.channels(service)[0]["reason"]
    assert all(text in reason for text in texts), reason
    for node in (at, there):
        lab.wait_until(lambda node=node: any(all(text in failure["text"] for text in texts) for failure in node.failures()),
                       f"{node.peer_name} shows it", 15, detail=node.describe)
        node.wait_logged(*texts, daemon="funnel-authd")
    assert there.edge(service).starts == 0, "nothing is started for it"


def test_udp_at_one_end_and_tcp_at_the_other_is_refused_by_name(tunnel):
    require_refused(tunnel, "mixed", tunnel.a, "service mixed", "datagrams (UDP)", "connections (TCP)")


def test_a_circle_of_two_nodes_is_refused_at_both(tunnel):
    require_refused(tunnel, "there", tunnel.a, "circle", "service there", "service back")
    require_refused(tunnel, "back", tunnel.b, "circle", "service there", "service back")
    assert tunnel.b.counters("funnel-authd")["circles_refused"] >= 1
    # What goes in does not come round.
    before = tunnel.a.counters("funnel-udpd@there")["datagrams_in"]
    tunnel.run("a", "/usr/bin/python3", "-c", SEND)
    lab.wait_until(lambda: tunnel.a.counters("funnel-udpd@there")["datagrams_in"] == before + 1, "it is taken", 10)
    require_echo(tunnel)
    assert tunnel.a.counters("funnel-udpd@there")["datagrams_in"] == before + 1


def test_doctor_sees_in_one_node_s_configuration_what_may_run_in_a_circle(tunnel):
    done = tunnel.a.network.run("a", "env", f"KRB5_CONFIG={tunnel.realm.config}", tunnel.a.path("funnelctl"),
                                *tunnel.a.common_options, "doctor", check=False, timeout=120)
    assert "what comes out of service back goes on into service there, to hoster.funnel.test" in done.stdout, done.stdout


def require_echo(tunnel):
    said = traffic.client(tunnel, "flows", "127.0.0.1:7003", "--flows", 20, "--rounds", 3, "--timeout", 30)
    assert said["answered"] == said["asked"] == 60 and said["wrong"] == 0, said


def test_other_services_go_on(tunnel):
    require_echo(tunnel)
