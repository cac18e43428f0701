"""A branch whose name server is the one behind the tunnel, which is needed to find the hoster.

    branch (a)                                   hoster (b)
    /etc/resolv.conf: 127.0.0.1                  nsd knows hoster.example.test
    funnel-udpd@dns 127.0.0.1:53  ==== dns ====> nsd
"""
import json
import os

import pytest

import lab
from lab import nsd
from lab.base import write_file

ZONE = nsd.zone_text(nsd.ZONE) + "hoster A 10.77.0.2\n"
NAME = "hoster.example.test"


class OwnResolver:
    """The tunnel, and what the branch's funnel-sctpd sees as /etc/hosts and /etc/resolv.conf."""

    def __init__(self, make_tunnel):
        self.tunnel = make_tunnel([lab.Service("dns", "udp", ("127.0.0.1:53",), f"127.0.0.1:{nsd.PORT}")], with_nsd=True,
                                  connect_peer=lab.Peer(connect=NAME),
                                  settings={"sctp": {"heartbeat": "1s", "dead-peer-timeout": "3s"}})
        self.tunnel.nsd.stop()
        self.tunnel.nsd.write_zone(ZONE)
        self.tunnel.nsd.start()
        folder = self.tunnel.workspace.path
        self.hosts, self.resolv_conf = os.path.join(folder, "hosts"), os.path.join(folder, "resolv.conf")
        self.name_is_in_hosts(True)
        write_file(self.resolv_conf, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self.tunnel.prepare()
        self.tunnel.a["funnel-sctpd"].prefix = self.seen()
        self.tunnel.start().wait_up()

    def seen(self):
        """The beginning of a command that shall see these files."""
        return ["unshare", "--mount", "--", "sh", "-c", f"mount --bind {self.hosts} /etc/hosts && mount --bind "
                f"{self.resolv_conf} /etc/resolv.conf && exec \"$@\"", "sh"]

    def name_is_in_hosts(self, there):
        """In place, so that a bind mount of it shows the change."""
        with open(self.hosts, "w", encoding="utf-8") as file:
            file.write("127.0.0.1 localhost\n" + (f"10.77.0.2 {NAME}\n" if there else ""))

    def answered(self):
        return "192.0.2.80" in self.tunnel.nsd.dig("a", "127.0.0.1", 53, "www", "A", check=False)

    def wait_answered(self, deadline=30):
        lab.wait_until(self.answered, "DNS is answered", deadline, detail=self.tunnel.describe)

    def doctor(self):
        node = self.tunnel.a
        done = node.network.run("a", "env", f"KRB5_CONFIG={node.realm.config}", *self.seen(), node.path("funnelctl"),
                                *node.common_options, "doctor", "--json", check=False, timeout=120)
        return [one for one in json.loads(done.stdout) if one["check"] == "own-resolver"]


@pytest.fixture(scope="module")
def own(make_tunnel):
    made = OwnResolver(make_tunnel)
    made.name_is_in_hosts(False)
    return made


def test_doctor_names_the_circle(own):
    found = own.doctor()
    assert [(one["verdict"], one["subject"]) for one in found] == [("wrong", "hoster")], found
    assert NAME in found[0]["text"] and "service dns" in found[0]["text"] and "/etc/hosts" in found[0]["todo"]


def test_it_comes_back_after_a_cut_by_the_address_that_worked_last(own):
    own.wait_answered()
    own.tunnel.network.cut(True)
    lab.wait_until(lambda: own.tunnel.a.counters("funnel-sctpd")["connects_to_last_address"] >= 1,
                   "the address that worked last is tried", 60, detail=own.tunnel.describe)
    own.tunnel.network.cut(False)
    own.wait_answered()
    own.tunnel.a.wait_logged("the address that worked last is tried", daemon="funnel-sctpd")


def test_it_comes_back_after_a_restart(own):
    own.wait_answered()
    own.tunnel.a["funnel-sctpd"].kill9()
    own.wait_answered()
