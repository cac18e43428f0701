"""gRPC, whose calls are streams of one HTTP/2 connection: results, trailers, deadlines and cancellations under loss are those asked
directly, and calls overtake each other.

    branch (a)                                         hoster (b)
    grpc_ask.py -> 127.0.0.1:9101 ===X=== lan ===X=== 127.0.0.1:9100 grpc_calls.py   module = http2 at both ends, strict
                                  iptables drops 5 % at each end
"""
import json
import os

import pytest

import lab
from lab.backends.program import start_program

ASK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools", "grpc_ask.py")
LOSS = 0.05
PORT, THROUGH = 9100, 9101
MODULE = {"module": "http2", "module-required": "yes", "module-strict": "yes"}
CALLS, STREAMS, MESSAGES = 100, 6, 200


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    service = lab.Service("grpc", "tcp", (f"127.0.0.1:{THROUGH}",), f"127.0.0.1:{PORT}", listen_service=MODULE, connect_service=MODULE)
    tunnel = make_tunnel([service]).prepare().start().wait_up()
    server = start_program(tunnel.network, "b", "grpc_calls", PORT)
    yield tunnel
    server.kill()
    server.wait()


@pytest.fixture(scope="module")
def direct(tunnel):
    return ask(tunnel, "b", PORT)


@pytest.fixture(scope="module")
def carried(tunnel, direct):
    tunnel.network.drop(LOSS)
    yield ask(tunnel, "a", THROUGH)
    tunnel.network.pass_all()


def ask(tunnel, node, port):
    return json.loads(tunnel.network.run(node, ASK, port, timeout=180).stdout)


def test_a_hundred_calls_at_once_and_their_trailers(carried, direct):
    assert direct["echoes"] == [[True, "OK", "", [["x-size", str(3 * number * number)]]] for number in range(CALLS)]
    assert carried["echoes"] == direct["echoes"]


def test_streams_of_many_messages(carried, direct):
    assert [[answer[0][0], *answer[1:]] for answer in direct["streams"]] == STREAMS * [[MESSAGES, "OK", "", [["x-sent", str(MESSAGES)]]]]
    assert carried["streams"] == direct["streams"]


def test_a_conversation_both_ways(carried, direct):
    assert carried["chat"] == direct["chat"] == [True, "OK", "", []]


def test_a_status_that_is_no_success_keeps_its_text_and_trailer(carried, direct):
    assert direct["failure"] == ["FAILED_PRECONDITION", "not today: \N{SNOWMAN}", [["x-why-bin", b"\0because".hex()]]]
    assert carried["failure"] == direct["failure"]


def test_deadlines_and_cancellations_reach_the_server(carried, direct):
    late, cancelled, (some, _), flood, learnt = direct["given_up"]
    assert (late, cancelled, some, flood, learnt) == ("DEADLINE_EXCEEDED", True, 20, "CANCELLED", [3, 3])
    assert carried["given_up"] == direct["given_up"]


def test_calls_overtook_and_all_was_recognised(tunnel, carried):
    assert carried
    for node in (tunnel.a, tunnel.b):
        counters = node.counters("funnel-tcpd@grpc")
        print(f"{counters['messages_overtook']} messages overtook at {node.letter}")
        assert counters["messages_overtook"] > 0
        assert counters["module_fallbacks"] == counters["module_resets"] == 0
