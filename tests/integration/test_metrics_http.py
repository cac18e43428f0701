"""The counters over HTTP, as funnel-metrics.socket serves them: a funnelctl for each connection.

    Prometheus -> 127.0.0.1 (here: Inetd) -> funnelctl metrics --http -> run/counters of branch (a)
"""
import socket
import struct
import subprocess
import threading
import time

import pytest

import lab

HTTP = "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([lab.dns_service()]).prepare().start()


class Inetd:
    """Listens on loopback; each connection gets a `funnelctl metrics --http` of its own, as Accept=yes does."""

    def __init__(self, node):
        self.command = [node.path("funnelctl"), *node.common_options, "metrics", "--http"]
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = self.listening.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                subprocess.Popen(self.command, stdin=connection, stdout=connection)

    def ask(self, request, wait=20):
        with socket.create_connection(self.address, timeout=wait) as client:
            client.sendall(request)
            said = b""
            while chunk := client.recv(65536):
                said += chunk
            return said

    def close(self):
        self.listening.close()


@pytest.fixture(scope="module")
def inetd(tunnel):
    made = Inetd(tunnel.a)
    yield made
    made.close()


def test_metrics_over_http(inetd):
    head, _, body = inetd.ask(HTTP.format("/metrics").encode()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4")
    assert f"Content-Length: {len(body)}\r\n".encode() in head
    assert b'funnel_up{daemon="funnel-sctpd"} 1\n' in body
    assert b"/metrics" in inetd.ask(HTTP.format("/").encode())


@pytest.mark.parametrize("request_, status", [
    (b"GET /secret HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    (b"GET /metrics HTTP/1.1\r\n" + b"x: y\r\n" * 5000, b"431"),
    (b"GET /metr", b"408"),
], ids=["path", "method", "tls", "long", "slow"])
def test_hostile_requests_are_answered_and_over(inetd, request_, status):
    began = time.monotonic()
    assert inetd.ask(request_).startswith(b"HTTP/1.1 " + status)
    assert time.monotonic() - began < 10


def test_a_client_that_goes_away_leaves_nothing_behind(inetd):
    with socket.create_connection(inetd.address) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(HTTP.format("/metrics").encode())
    assert inetd.ask(HTTP.format("/metrics").encode()).startswith(b"HTTP/1.1 200")
