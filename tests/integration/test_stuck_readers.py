"""Hundreds of clients that read nothing: one that reads is as quick as ever, and after stuck-timeout they are gone.

    branch (a)                                   hoster (b)
    600 clients that never read, and one that does -> 127.0.0.1:7002 ====== 127.0.0.1:7102: sends without end to
                                                                            whoever says "stuck", echoes the rest
"""
import json
import statistics
import subprocess

import pytest

import lab

STUCK = 600  # a channel has 16 MiB, and one that nobody holds back 64 KiB
SERVICE = lab.Service("stuck", "tcp", ("127.0.0.1:7002",), "127.0.0.1:7102",
                      listen_service={"stuck-timeout": "30s"})
BACKEND = """
import resource, selectors, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
events = selectors.DefaultSelector()
listening = socket.create_server(("127.0.0.1", 7102), backlog=1000)
events.register(listening, selectors.EVENT_READ)
print("listening", flush=True)
block = bytes(65536)
sent = 0
while True:
    for key, ready in events.select():
        one = key.fileobj
        if one is listening:
            one, _ = listening.accept()
            one.setblocking(False)
            events.register(one, selectors.EVENT_READ)
            continue
        try:
            if ready & selectors.EVENT_WRITE:
                sent += one.send(block)
                continue
            asked = one.recv(1000)
            if asked == b"stuck":
                events.modify(one, selectors.EVENT_WRITE)
            elif asked:  # how much those have taken so far, in the size that was asked for
                one.setblocking(True)
                one.sendall(str(sent).encode().ljust(int(asked)))
                one.setblocking(False)
            else:
                raise ConnectionError
        except BlockingIOError:
            pass
        except OSError:
            events.unregister(one)
            one.close()
"""
CLIENTS = """
import json, resource, select, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
def connect(receive=None):
    one = socket.socket()
    if receive: one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    one.settimeout(20)
    one.connect(("127.0.0.1", 7002))
    return one
good = connect()
def ask(size):
    began = time.monotonic()
    good.sendall(str(size).encode())
    got = b""
    while len(got) < size:
        more = good.recv(100000)
        assert more, "the good one was cut off"
        got += more
    return time.monotonic() - began, int(got)
before = [ask(100)[0] for _ in range(100)]
stuck = [connect(4096) for _ in range(int(sys.argv[1]))]
for one in stuck: one.sendall(b"stuck")
# Until they take nothing more for a second.
taken, since, deadline = -1, time.monotonic(), time.monotonic() + 30
while time.monotonic() - since < 1:
    assert time.monotonic() < deadline, "they take more and more"
    now = ask(100)[1]
    if now != taken: taken, since = now, time.monotonic()
during = [ask(100)[0] for _ in range(100)]
bulk = ask(3000000)[0]
poller = select.poll()
for one in stuck: poller.register(one, 0)
gone, deadline = set(), time.monotonic() + 90
while len(gone) < len(stuck) and time.monotonic() < deadline:
    for fd, _ in poller.poll(1000):
        gone.add(fd)
        poller.unregister(fd)
print(json.dumps({"before": before, "taken": taken, "during": during, "bulk": bulk, "gone": len(gone), "after": ask(100)[0]}))
"""


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([SERVICE]).prepare().start()
    backend = made.network.popen("b", "/usr/bin/python3", "-c", BACKEND, stdout=subprocess.PIPE)
    assert backend.stdout.readline() == b"listening\n"
    yield made.wait_up()
    backend.kill()
    backend.wait()


def test_readers_that_are_stuck_stop_only_themselves_and_not_for_ever(tunnel):
    seen = json.loads(tunnel.network.run("a", "/usr/bin/python3", "-c", CLIENTS, str(STUCK)).stdout)
    assert seen["taken"] > STUCK * 4096
    before, during = statistics.median(seen["before"]), statistics.median(seen["during"])
    assert during < 3 * before + 0.02, (before, during)
    assert max(seen["during"]) < 2, seen["during"]
    assert seen["bulk"] < 15, seen["bulk"]
    assert seen["gone"] == STUCK
    assert tunnel.a.counters(SERVICE.unit)["sessions_stuck"] == STUCK
    tunnel.a.wait_logged("stuck-timeout")
