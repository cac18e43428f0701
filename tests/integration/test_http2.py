"""HTTP/2 without TLS: streams overtake each other under loss, and answers are those asked directly.

    branch (a)                                          hoster (b)
    h2c.py, h2load -> 127.0.0.1:9001 ===X=== lan ===X=== 127.0.0.1:8080 nginx     module = http2 at both ends
                      127.0.0.1:9002 ===X=== lan ===X=== 127.0.0.1:8081 nghttpd   module = http2 at both ends
                      127.0.0.1:9003 ===X=== lan ===X=== 127.0.0.1:8080 nginx     the same, and strict
                        iptables drops 5 % at each end
"""
import hashlib
import json
import os
import random
import subprocess

import pytest

import lab
from lab.backends.http2 import PORT, Http2, Nghttpd

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools")
ASK, SAY = (os.path.join(TOOLS, name) for name in ("h2c.py", "say.py"))
LOSS = 0.05
UPLOADED = 40000
FILES = {f"{number}.bin": random.Random(number).randbytes(number * number * 37) for number in range(40)}
MODULE = {"module": "http2", "module-required": "yes"}
STRICT = {**MODULE, "module-strict": "yes"}
NGINX, NGHTTPD = f"127.0.0.1:{PORT}", f"127.0.0.1:{PORT + 1}"


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    services = [
        lab.Service("nginx", "tcp", ("127.0.0.1:9001",), NGINX, listen_service=MODULE, connect_service=MODULE),
        lab.Service("nghttpd", "tcp", ("127.0.0.1:9002",), NGHTTPD, listen_service=MODULE, connect_service=MODULE),
        lab.Service("strict", "tcp", ("127.0.0.1:9003",), NGINX, listen_service=STRICT, connect_service=STRICT),
    ]
    tunnel = make_tunnel(services).prepare().start().wait_up()
    with Http2(tunnel) as nginx, Nghttpd(tunnel):
        for name, content in FILES.items():
            nginx.put(name, content)
        yield tunnel


@pytest.fixture(scope="module")
def lossy(tunnel):
    tunnel.network.drop(LOSS)
    yield tunnel
    tunnel.network.pass_all()


def counter(tunnel, node, service, name):
    return getattr(tunnel, node).counters(f"funnel-tcpd@{service}")[name]


def assert_overtook(tunnel, service, *nodes):
    for node in "ab":
        print(f"{counter(tunnel, node, service, 'messages_overtook')} messages of {service} overtook at {node}")
        assert counter(tunnel, node, service, "module_fallbacks") == 0
    for node in nodes:
        assert counter(tunnel, node, service, "messages_overtook") > 0


def ask(tunnel, node, port, posted, paths):
    return json.loads(tunnel.network.run(node, ASK, port, posted, *paths, timeout=120).stdout)


def test_files_and_trailers_are_those_asked_directly(lossy):
    paths = [f"/{name}" for name in FILES] + [f"/trailers/{name}" for name in FILES]
    direct = ask(lossy, "b", PORT, 0, paths)
    files = [[len(content), hashlib.sha256(content).hexdigest()] for content in FILES.values()]
    assert [answer[:2] for answer in direct["answers"]] == files + files
    assert all(blocks == 2 for length, _, blocks in direct["answers"][len(FILES):] if length)
    assert ask(lossy, "a", 9001, 0, paths)["answers"] == direct["answers"]
    assert_overtook(lossy, "nginx", "a")


def test_uploads_come_back_as_they_were(lossy):
    paths = [f"/{number}" for number in range(60)]
    direct = ask(lossy, "b", PORT + 1, UPLOADED, paths)
    assert all(answer[0] == UPLOADED and answer[2] == 2 for answer in direct["answers"])
    assert ask(lossy, "a", 9002, UPLOADED, paths)["answers"] == direct["answers"]
    assert_overtook(lossy, "nghttpd", "a", "b")


# As a server of gRPC answers.
def test_trailers_wait_for_no_other_stream(lossy):
    before = {order: counter(lossy, "b", "nghttpd", f"messages_{order}") for order in ("after_all", "follows")}
    said = lossy.network.run("a", "h2load", "-n", 1000, "-c", 1, "-m", 20, "http://127.0.0.1:9002/small", timeout=120).stdout
    assert "1000 succeeded, 0 failed" in said
    sent = {order: counter(lossy, "b", "nghttpd", f"messages_{order}") - before[order] for order in before}
    print(sent)
    # Those that put something into HPACK's table, and those that it meets on their way. What is there together goes as one message; of
    # three frames of an answer one or more would be of these if trailers were.
    assert 0 < 10 * sent["after_all"] < sent["after_all"] + sent["follows"]


def test_a_hundred_requests_at_a_time(lossy):
    said = lossy.network.run("a", "h2load", "-n", 3000, "-c", 2, "-m", 100, "http://127.0.0.1:9001/9.bin", timeout=120).stdout
    assert "3000 total, 3000 started, 3000 done, 3000 succeeded, 0 failed, 0 errored, 0 timeout" in said
    assert_overtook(lossy, "nginx", "a")


def say(tunnel, port, text):
    return tunnel.network.popen("a", SAY, "127.0.0.1", str(port), text.hex(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


TLS_HELLO = b"\x16\x03\x01\x00\x05hello"


@pytest.mark.parametrize("text", [b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n", TLS_HELLO], ids=["http1", "tls"])
def test_what_is_not_http2_goes_on_as_bytes_or_is_reset(tunnel, text):
    fell_back, reset = counter(tunnel, "a", "nginx", "module_fallbacks"), counter(tunnel, "a", "strict", "module_resets")
    with say(tunnel, 9001, text) as client:
        client.stdout.readline()
        client.stdin.close()
    assert counter(tunnel, "a", "nginx", "module_fallbacks") == fell_back + 1
    with say(tunnel, 9003, text) as client:
        client.stdout.readline()
        client.stdin.close()
    lab.wait_until(lambda: counter(tunnel, "a", "strict", "module_resets") == reset + 1, "the strict service resets")
    assert counter(tunnel, "a", "strict", "module_fallbacks") == 0
