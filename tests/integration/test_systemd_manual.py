"""A newcomer follows funnel(7) or README.md, and nothing else, from the package to a DNS tunnel between two machines: every
command is run as it stands there, on two guests on which nothing of Funnel is configured.

    guest a: branch1.example.net                                    guest b: ns.hoster.net
    dig @127.0.0.1  -> funnel-udpd@dns -> sctpd ==== sctpd -> funnel-udpd@dns -> nsd 127.0.0.1:5300
                                    realm EXAMPLE.NET: KDC and kadmind
"""
import os
import shutil

import pytest

import lab
import manual
from lab.base import Workspace, wait_until
from lab.guest import Guest
from lab.kadmind import PASSWORD, Kadmind
from lab.netns import ADDRESSES, Network

NAMES = {"branch1": ("a", "branch1.example.net"), "hoster": ("b", "ns.hoster.net")}


class Machines:
    """What the page takes for granted: two machines with the package at hand, a realm, and a DNS server at the hoster."""

    def __init__(self, package):
        self.workspace = Workspace()
        self.parts = []
        self.guests = {}
        try:
            self.network = self.add(Network(self.workspace))
            realm = self.add(lab.Realm(self.workspace, self.network, name="EXAMPLE.NET"))
            kadmind = self.add(Kadmind(realm))
            self.nsd = self.add(lab.Nsd(self.workspace, self.network, zone="example.net"))
            for node, (letter, name) in NAMES.items():
                self.guests[node] = self.make_guest(letter, name, package, kadmind.krb5_conf)
        except BaseException:
            self.stop()
            raise

    def add(self, part):
        self.parts.append(part)
        return part

    def make_guest(self, letter, name, package, krb5_conf):
        guest = Guest(self.workspace, self.network, letter, name)
        guest.write("/etc/krb5.conf", krb5_conf)
        guest.write("/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n{ADDRESSES['b']} ns.hoster.net\n")
        shutil.copy(package, guest.path("/root/" + os.path.basename(package)))
        return guest.start()

    def follow(self, node):
        """All steps of funnel(7) for one machine, but the look at the result."""
        for script in manual.quickstart(node):
            if "dig " not in script:
                self.type(node, script)

    def follow_readme(self, node):
        """The same of README.md."""
        for kind, *step in manual.readme_steps(node):
            if kind == "file":
                self.guests[node].write(*step)
            elif "dig " not in step[0]:
                self.type(node, step[0])

    def type(self, node, script):
        """kadmin asks for a password once a command."""
        passwords = f"{PASSWORD}\n" * script.count("kadmin -p")
        self.guests[node].shell("cd /root\n" + script, input=passwords, timeout=120)

    def describe(self):
        return "\n".join(guest.journal("-u", "funnel*", "-n", "60") for guest in self.guests.values() if guest.pid)

    def stop(self):
        for guest in self.guests.values():
            guest.remove()
        for part in reversed(self.parts):
            part.stop()
        self.workspace.remove()


@pytest.fixture(scope="module")
def tunnel(package):
    machines = Machines(package)
    try:
        for node in ("hoster", "branch1"):
            machines.follow(node)
        yield machines
    finally:
        machines.stop()


def require_answer(machines, script):
    guest = machines.guests["branch1"]
    wait_until(lambda: "192.0.2.80" in guest.shell(script, check=False).stdout, "dig is answered", 30, detail=machines.describe)
    assert "All well." in guest.run("funnelctl", "status").stdout


def test_dig_of_the_page_is_answered(tunnel):
    require_answer(tunnel, next(script for script in manual.quickstart("branch1") if "dig " in script))


def test_answer_that_is_too_large_for_a_datagram_comes_over_tcp(tunnel):
    done = tunnel.guests["branch1"].run("dig", "@127.0.0.1", "+short", "big.example.net", "TXT")
    assert len(done.stdout) > 2800


def test_nothing_is_left_to_do(tunnel):
    for guest in tunnel.guests.values():
        assert guest.systemctl("list-units", "--failed", "--plain", "--no-legend").stdout == ""


def ask(tunnel, *options):
    tunnel.guests["branch1"].run("dig", "@127.0.0.1", "+tries=1", "+time=2", *options, "www.example.net", check=False)


def wait_explained(tunnel, unit, *texts):
    """journalctl -x, as the page has it, shows all of these on the hoster."""
    def shown():
        journal = tunnel.guests["hoster"].journal("-x", "-u", unit)
        return all(text in journal for text in texts)
    wait_until(shown, f"the catalog's entry with {texts}", 20, 0.2, detail=tunnel.describe)


def test_journal_explains_that_the_backend_is_away(tunnel):
    tunnel.nsd.stop()
    ask(tunnel, "+tcp")
    wait_explained(tunnel, "funnel-tcpd@dns-tcp", "The backend of a service does not answer",
                   "Service dns-tcp: the connection to each address")


def test_journal_explains_that_a_unit_is_not_started(tunnel):
    tunnel.guests["hoster"].systemctl("stop", "funnel-udpd@dns.socket")
    ask(tunnel)
    wait_explained(tunnel, "funnel-sctpd", "A channel was accepted, but its edge is not there", "funnel-udpd@dns.socket")


def test_readme_alone_leads_to_an_answer(package):
    machines = Machines(package)
    try:
        for node in ("hoster", "branch1"):
            machines.follow_readme(node)
        script = next(step[1] for step in manual.readme_steps("branch1") if "dig " in step[1])
        require_answer(machines, script)
        for guest in machines.guests.values():
            assert guest.systemctl("list-units", "--failed", "--plain", "--no-legend").stdout == ""
    finally:
        machines.stop()
