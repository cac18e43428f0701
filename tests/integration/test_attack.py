"""An attacker on the path can drop and delay frames. Whatever else it tries is dropped and counted, and delivers nothing.

    branch (a)                                              hoster (b)
    dig -> funnel-udpd@dns   -+                        +-> funnel-udpd@dns   -> nsd
    dig -> funnel-udpd@dns2  -+ 127.0.0.1:9800 middle =+-> funnel-udpd@dns2  -> nsd
    bulk-> funnel-tcpd@echo  -+                        +-> funnel-tcpd@echo  -> an echo server
"""
import threading
from subprocess import PIPE

import pytest

import lab
from lab import traffic
from lab.backends.program import start_program
from lab.middle import Middle

DNS = lab.dns_service()
DNS2 = lab.dns_service(name="dns2", listen=("127.0.0.1:5354",))
ECHO = lab.Service("echo", "tcp", ("127.0.0.1:7007",), "127.0.0.1:7107")
EDGES = ("funnel-udpd@dns", "funnel-udpd@dns2", "funnel-tcpd@echo")


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([DNS, DNS2, ECHO], with_nsd=True, connect_peer=lab.Peer(connect=Middle.address)).prepare()


@pytest.fixture(scope="module")
def middle(tunnel):
    made = Middle(tunnel)
    tunnel.start().wait_up()
    yield made
    made.stop()


def query(tunnel, port=5353, host="host5"):
    return tunnel.nsd.dig("a", "127.0.0.1", port, host, "TXT", check=False)


def answered(tunnel, port=5353):
    return query(tunnel, port) == '"this is host 5"\n'


def channel_of(tunnel, service):
    return tunnel.a.channels(service)[0]


def counted(tunnel, node, name):
    """A counter summed over all daemons of a node."""
    daemons = ("funnel-sctpd",) + EDGES
    return sum(tunnel.nodes[node].counters(daemon).get(name, 0) for daemon in daemons)


def attack(tunnel, middle, counter, node="b", times=3, port=5353, **order):
    """Queries go through while each of `times` frames is tampered with; the counter says that all were seen."""
    before = counted(tunnel, node, counter)
    channels = {service: channel_of(tunnel, service)["channel"] for service in ("dns", "dns2", "echo")}
    # The load's flow is announced first: that frame is reliable, and one that never comes would end the channel a minute
    # later, as it should.
    arrived = counted(tunnel, "b", "datagrams_out")
    load = traffic.start_dns_load(tunnel, port, 200, 100)
    lab.wait_until(lambda: counted(tunnel, "b", "datagrams_out") > arrived + 5, "the load's flow is known", 10,
                   detail=tunnel.describe)
    middle.order(count=times, **order)
    assert middle.answer() == {"done": order["do"]}, "the attack took place"
    said = traffic.result(load)
    assert said.get("wrong", 0) == 0, said
    lab.wait_until(lambda: counted(tunnel, node, counter) >= before + times, f"{node} counts {counter}", 10,
                   detail=tunnel.describe)
    # Nothing of it ended anything: the channels are those from before, and answer.
    lab.wait_until(lambda: answered(tunnel) and answered(tunnel, 5354), "both services answer", 10,
                   detail=tunnel.describe)
    assert channels == {service: channel_of(tunnel, service)["channel"] for service in channels}
    return said


def test_queries_pass_when_nothing_is_done(tunnel, middle):
    assert answered(tunnel) and answered(tunnel, 5354)
    assert channel_of(tunnel, "dns")["channel"] in middle.seen()


@pytest.mark.parametrize("at", [12, 14, 20, 40, -1], ids=["token-id", "flags", "sequence", "payload", "mac"])
@pytest.mark.parametrize("way,node", [("ab", "b"), ("ba", "a")])
def test_altered_frame_is_dropped(tunnel, middle, way, node, at):
    attack(tunnel, middle, "frames_forged", node, do="alter", way=way, at=at,
           channel=channel_of(tunnel, "dns")["channel"])


def test_replayed_frame_is_dropped(tunnel, middle):
    attack(tunnel, middle, "frames_replayed", do="replay", channel=channel_of(tunnel, "dns")["channel"])


def test_replayed_answer_is_dropped(tunnel, middle):
    attack(tunnel, middle, "frames_replayed", "a", do="replay", way="ba",
           channel=channel_of(tunnel, "dns")["channel"])


def test_frame_moved_to_another_stream_is_dropped(tunnel, middle):
    attack(tunnel, middle, "dropped_channel", do="stream", to=channel_of(tunnel, "dns2")["stream"],
           channel=channel_of(tunnel, "dns")["channel"])


def test_frame_moved_to_an_unused_stream_is_dropped(tunnel, middle):
    attack(tunnel, middle, "dropped_stream", do="stream", to=999, channel=channel_of(tunnel, "dns")["channel"])


def test_frame_with_another_channels_number_is_dropped(tunnel, middle):
    attack(tunnel, middle, "dropped_channel", do="channel", to=channel_of(tunnel, "dns2")["channel"],
           channel=channel_of(tunnel, "dns")["channel"])


def test_another_services_frame_under_this_ones_header_is_dropped(tunnel, middle):
    assert answered(tunnel, 5354)
    attack(tunnel, middle, "frames_forged", do="graft", **{"from": channel_of(tunnel, "dns2")["channel"]},
           channel=channel_of(tunnel, "dns")["channel"])


def test_frame_moved_to_another_epoch_is_dropped(tunnel, middle):
    attack(tunnel, middle, "frames_wrong_epoch", do="epoch", to=7, channel=channel_of(tunnel, "dns")["channel"])


def test_random_bytes_end_nothing(tunnel, middle):
    pids = {name: tunnel.b[name].pid for name in ("funnel-sctpd", "funnel-authd") + EDGES}
    dns = channel_of(tunnel, "dns")["channel"]
    middle.order("random", count=60, channel=dns)
    load = traffic.start_dns_load(tunnel, 5353, 200, 200)
    assert middle.answer() == {"done": "random"}
    traffic.result(load)
    lab.wait_until(lambda: answered(tunnel), "DNS answers", 15, detail=tunnel.describe)
    assert pids == {name: tunnel.b[name].pid for name in pids}
    assert channel_of(tunnel, "dns")["channel"] == dns


def test_frames_of_an_earlier_association_are_dropped(tunnel, middle):
    earlier = channel_of(tunnel, "dns")["channel"]
    assert answered(tunnel)
    tunnel.a["funnel-sctpd"].kill9()
    lab.wait_until(lambda: answered(tunnel), "DNS answers over the next association", 20, detail=tunnel.describe)
    lab.wait_until(lambda: answered(tunnel, 5354), "the other service too", 20, detail=tunnel.describe)
    tunnel.wait_up()
    assert channel_of(tunnel, "dns")["channel"] != earlier
    attack(tunnel, middle, "frames_forged", do="graft", **{"from": earlier},
           channel=channel_of(tunnel, "dns")["channel"])


HOLD = r"""
import socket, sys
link = socket.create_connection(("127.0.0.1", 7007))
link.sendall(b"x" * 1000)
print("open" if len(link.recv(1000)) else "end", flush=True)
for line in sys.stdin:
    try:
        link.sendall(b"y" * 1000)
        while True:
            print("data" if link.recv(65536) else "eof", flush=True)
    except ConnectionResetError:
        print("reset", flush=True)
"""


class HeldConnection:
    """A client in namespace a whose connection stays, and an echo server in namespace b; both are read here."""

    def __init__(self, tunnel):
        self.tunnel = tunnel
        self.lines = []

    def __enter__(self):
        self.server = start_program(self.tunnel.network, "b", "echo_stream", 7107)
        self.client = self.tunnel.network.popen("a", "/usr/bin/python3", "-c", HOLD, stdin=PIPE, stdout=PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _read(self):
        for line in self.client.stdout:
            self.lines.append(line.strip())

    def tell(self, line):
        self.client.stdin.write(line + "\n")
        self.client.stdin.flush()

    def said(self, word, deadline=20):
        return lab.wait_until(lambda: word in self.lines, f"the client says {word}; it said {self.lines}", deadline,
                              detail=self.tunnel.describe)

    def __exit__(self, *_):
        for process in (self.client, self.server):
            process.kill()
            process.wait()


@pytest.mark.parametrize("frame", ["050100000000000000000000" + "0000", "030100000000000000000000" + "000100"],
                         ids=["closed", "refused"])
def test_forged_end_never_looks_clean(tunnel, middle, frame):
    """CLOSED and REFUSED need no key; what they cut off is reset, not ended."""
    tunnel.wait_up("echo")
    with HeldConnection(tunnel) as client:
        assert client.said("open")
        middle.order("forge", hex=frame, way="ba", reliable=True, channel=channel_of(tunnel, "echo")["channel"])
        client.tell("more")
        assert middle.answer() == {"done": "forge"}
        assert client.said("reset"), client.lines
    tunnel.a.wait_channel("echo", deadline=30)


def test_altered_open_and_opened_are_refused(tunnel, middle):
    """Bindings cover OPEN; CONFIRM covers both. The channel comes up when the attacker stops."""
    for frame, way in (("open", "ab"), ("opened", "ba")):
        # A byte of a TLV's value: the nonce of OPEN lies before the token; OPENED begins with its version.
        middle.order("alter", frame=frame, way=way, at=40 if frame == "open" else 15)
        tunnel.a["funnel-udpd@dns"].kill9()
        assert middle.answer(30) == {"done": "alter"}
        lab.wait_until(lambda: answered(tunnel), f"DNS answers after an altered {frame}", 40, detail=tunnel.describe)
