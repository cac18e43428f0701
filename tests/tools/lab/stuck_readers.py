"""Many TCP clients that read nothing, and a good one among them that does.

    clients in namespace a -> 127.0.0.1:PORT ======== 127.0.0.1:PORT backend in b: sends without end to whoever says "stuck",
                                                      echoes the rest
"""
import json
import statistics
import subprocess

BACKEND = """
import resource, selectors, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
events = selectors.DefaultSelector()
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1000)
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
    one.connect(("127.0.0.1", int(sys.argv[1])))
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
stuck = [connect(4096) for _ in range(int(sys.argv[2]))]
for one in stuck: one.sendall(b"stuck")
# Until they take nothing more for a second.
taken, since, deadline = -1, time.monotonic(), time.monotonic() + 90
while time.monotonic() - since < 1:
    assert time.monotonic() < deadline, "they take more and more"
    now = ask(100)[1]
    if now != taken: taken, since = now, time.monotonic()
during = [ask(100)[0] for _ in range(100)]
bulk = ask(3000000)[0]
poller = select.poll()
for one in stuck: poller.register(one, 0)
gone, deadline = set(), time.monotonic() + float(sys.argv[3])
while len(gone) < len(stuck) and time.monotonic() < deadline:
    for fd, _ in poller.poll(1000):
        gone.add(fd)
        poller.unregister(fd)
print(json.dumps({"before": before, "taken": taken, "during": during, "bulk": bulk, "gone": len(gone), "after": ask(100)[0]}))
"""


class Backend:
    """Use as a context manager."""

    def __init__(self, tunnel, port):
        self.process = tunnel.network.popen("b", "/usr/bin/python3", "-c", BACKEND, str(port), stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"listening\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def try_clients(tunnel, port, count, until_gone):
    """What COUNT stuck clients and the good one saw, as CLIENTS says it; for so many seconds the stuck ones may stay."""
    done = tunnel.network.run("a", "/usr/bin/python3", "-c", CLIENTS, str(port), str(count), str(until_gone), timeout=180)
    return json.loads(done.stdout)


def require_good_served(seen, count):
    """As quick as ever among COUNT stuck ones."""
    assert seen["taken"] > count * 4096
    before, during = statistics.median(seen["before"]), statistics.median(seen["during"])
    assert during < 3 * before + 0.1, (before, during)  # with time for a busy processor
    assert max(seen["during"]) < 2, seen["during"]
    assert seen["bulk"] < 15, seen["bulk"]
