"""funnelctl doctor on an installed node: nothing is wrong with a node that works, and each fault that only units, users and
the package's folders can have is found, with what to do. (test_doctor.py plants the others.)

    guest a "branch"                                guest b "hoster"
    dig -> funnel-udpd@dns -> sctpd ==== sctpd -> funnel-udpd@dns -> nsd
"""
import contextlib
import json

import pytest

import lab
from lab.installed import KEYTAB

DNS = lab.dns_service(listen=("127.0.0.1:53",))
UDP_SOCKET, UDP_SERVICE = "funnel-udpd@dns.socket", "funnel-udpd@dns.service"


@pytest.fixture(scope="module")
def tunnel(make_installed):
    return make_installed([DNS], with_nsd=True).prepare().start().wait_up()


def wrong(node):
    done = node.funnelctl("doctor", "--json", check=False)
    found = [one for one in json.loads(done.stdout) if one["verdict"] != "ok"]
    assert (done.returncode != 0) == any(one["verdict"] == "wrong" for one in found), done.stdout
    return found


def wait_well(node):
    lab.wait_until(lambda: not [one for one in wrong(node) if one["verdict"] == "wrong"], "doctor finds nothing wrong", 40, 0.2,
                   lambda: f"{wrong(node)}\n{node.describe()}")


@contextlib.contextmanager
def planted(node, fault, mend):
    """A fault for as long as the block lasts, in a node that is well before and after."""
    wait_well(node)
    node.guest.shell(fault)
    try:
        yield
    finally:
        node.guest.shell(mend)
    wait_well(node)


def test_nothing_is_wrong_with_nodes_that_work(tunnel):
    for node in tunnel.nodes.values():
        wait_well(node)
        listed = node.funnelctl("doctor").stdout
        assert "funnel-sctpd.service is active" in listed and KEYTAB in listed


FAULTS = {
    "a unit is stopped": (f"systemctl stop {UDP_SERVICE} {UDP_SOCKET}", f"systemctl start {UDP_SOCKET}",
                          "units", f"{UDP_SOCKET} is inactive", f"systemctl enable --now {UDP_SOCKET}"),
    "sctpd's unit is stopped": ("systemctl stop funnel-sctpd.service funnel-sctpd.socket",
                                "systemctl start funnel-sctpd.socket funnel-sctpd.service",
                                "units", "funnel-sctpd.socket is inactive", "systemctl enable --now funnel-sctpd.socket"),
    "a unit's file is masked": (f"systemctl stop {UDP_SERVICE} {UDP_SOCKET}; systemctl mask --runtime {UDP_SOCKET}",
                                f"systemctl unmask --runtime {UDP_SOCKET}; systemctl start {UDP_SOCKET}",
                                "units", f"{UDP_SOCKET}: masked", UDP_SOCKET),
    "everybody may read the keytab": (f"chmod 0644 {KEYTAB}", f"chmod 0640 {KEYTAB}",
                                      "keytab", "everybody may use it", f"chmod 0640 {KEYTAB}"),
    "authd may not read the keytab": (f"chown root:root {KEYTAB}", f"chown root:funnel-authd {KEYTAB}",
                                      "keytab", "cannot read it", f"chmod 0640 {KEYTAB}"),
    "somebody joined authd's group": ("usermod -a -G funnel-authd nobody", "gpasswd -d nobody funnel-authd >/dev/null",
                                      "keytab", "nobody", "chown"),
    "others may write the configuration": ("chmod 0777 /etc/funnel/services.d", "chmod 0755 /etc/funnel/services.d",
                                           "directories", "/etc/funnel/services.d can be written", "chmod go-w"),
    "a service's file has a mistake": ("echo 'pear = x' >>/etc/funnel/services.d/dns.ini",
                                       "sed -i '/^pear/d' /etc/funnel/services.d/dns.ini",
                                       "configuration", "unknown key pear", "correct that line"),
    "the peer's name is unknown": ("sed -i 's/ hoster/ #hoster/' /etc/hosts", "sed -i 's/ #hoster/ hoster/' /etc/hosts",
                                   "name", "", "/etc/hosts"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_with_what_to_do(tunnel, fault):
    plant, mend, check, text, todo = FAULTS[fault]
    with planted(tunnel.a, plant, mend):
        found = wrong(tunnel.a)
        assert any(one["check"] == check and text in one["text"] and todo in one["todo"] for one in found), found


def test_a_port_that_another_program_holds_is_found(tunnel):
    guest = tunnel.a.guest
    with planted(tunnel.a, f"systemctl stop {UDP_SERVICE} {UDP_SOCKET}", f"systemctl start {UDP_SOCKET}"):
        taker = tunnel.network.popen("a", "/usr/bin/python3", "-c", "import socket, signal\n"
                                     "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 53))\n"
                                     "print('taken', flush=True); signal.pause()", stdout=-1)
        assert taker.stdout.readline() == b"taken\n"
        try:
            assert guest.systemctl("start", UDP_SOCKET, check=False).returncode != 0
            found = wrong(tunnel.a)
            assert any(one["check"] == "service-port" and "127.0.0.1:53 is taken" in one["text"] for one in found), found
            assert any(one["check"] == "units" and UDP_SOCKET in one["text"] for one in found), found
        finally:
            taker.kill()
            taker.wait()
            guest.systemctl("reset-failed", UDP_SOCKET, check=False)
