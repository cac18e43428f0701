"""Each end says which protocol module it has; where they differ, both administrators see it, and what it costs.

    branch (a)                                       hoster (b)
    same:  module dns       ====== dns/TCP =====>    module dns       nsd
    half:  no module        ====== dns/TCP =====>    module dns       nsd
    lost:  module dns       ====== dns/TCP =====>    module nowhere, which is not installed
    other: module ldap      ====== dns/TCP =====>    module dns
    alone: module dns       ====== dns/TCP =====>    module none, on purpose
    ask:   no module        ====== dns/UDP =====>    module dns
    mixed: module snmp      ====== dns/UDP =====>    module dns
"""
import json
import os
import subprocess

import pytest

import lab
from lab import nsd

SAY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools", "say.py")
BACKEND = f"127.0.0.1:{nsd.PORT}"
# The root's SOA, with the id 17.
QUERY = bytes.fromhex("0011001100000001000000000000" "0000060001")
DNS, NONE = {"module": "dns", "abi": 1}, {"module": None, "abi": None}


def service(name, protocol, port, here, there):
    return lab.Service(name, protocol, (f"127.0.0.1:{port}",), BACKEND, listen_service={"module": here}, connect_service={"module": there})


SERVICES = [
    service("same", "tcp", 5401, "dns", "dns"),
    service("half", "tcp", 5402, None, "dns"),
    service("lost", "tcp", 5403, "dns", "nowhere"),
    service("other", "tcp", 5404, "ldap", "dns"),
    service("alone", "tcp", 5407, "dns", "none"),
    service("ask", "udp", 5405, None, "dns"),
    service("mixed", "udp", 5406, "snmp", "dns"),
]
IN_ORDER = "stays in order, and overtakes nothing"
ONE_IS_WRONG = "one of them does not know the protocol that is carried, and changes nothing"
# What each end has to say of the other: its module, and what that costs.
EXPECTED = {
    "same": ((DNS, None), (DNS, None)),
    "half": ((DNS, f"this end has no module, the other end has module dns: what this end sends {IN_ORDER}"),
             (NONE, f"this end has module dns, the other end has no module: what the other end sends {IN_ORDER}")),
    "lost": (({"module": "nowhere", "abi": None},
              f"this end has module dns, the other end has module nowhere that is not loaded: what the other end sends {IN_ORDER}"),
             (DNS, f"this end has module nowhere that is not loaded, the other end has module dns: what this end sends {IN_ORDER}")),
    "other": ((DNS, f"this end has module ldap, the other end has module dns: {ONE_IS_WRONG}"),
              ({"module": "ldap", "abi": 1}, f"this end has module dns, the other end has module ldap: {ONE_IS_WRONG}")),
    "alone": (({"module": "none", "abi": None}, None), (DNS, None)),
    "ask": ((DNS, None), (NONE, None)),
    "mixed": ((DNS, f"this end has module snmp, the other end has module dns: {ONE_IS_WRONG}"),
              ({"module": "snmp", "abi": 1}, f"this end has module dns, the other end has module snmp: {ONE_IS_WRONG}")),
}


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel(SERVICES, with_nsd=True).prepare().start().wait_up()


def ends(tunnel):
    """(node, service, what is expected of its channel), of all."""
    for name, expected in EXPECTED.items():
        for node, (module, cost) in zip((tunnel.a, tunnel.b), expected):
            yield node, next(one for one in SERVICES if one.name == name), module, cost


def channel(node, name):
    return next(one["edge"] for one in json.loads(node.funnelctl("channels", "--json").stdout) if one["service"] == name and one["edge"])


def test_channels_say_which_module_the_other_end_has_and_what_that_costs(tunnel):
    for node, service, module, cost in ends(tunnel):
        lab.wait_until(lambda node=node, service=service: channel(node, service.name)["peer_module"], f"{service.name} knows it", 10)
        shown = channel(node, service.name)
        assert (shown["peer_module"], shown["modules_differ"]) == (module, cost), service.name
        if cost:
            assert cost in node.funnelctl("channels").stdout


def test_what_it_costs_is_logged_once_for_a_channel_and_counted(tunnel):
    for node, service, _, cost in ends(tunnel):
        log = node.log(service.unit)
        assert log.count("modules-differ") == bool(cost), log
        assert not cost or cost in log
        assert node.counters(service.unit)["channels_modules_differ"] == bool(cost), service.name


def test_doctor_and_status_name_the_services(tunnel):
    for node in (tunnel.a, tunnel.b):
        said = node.network.run(node.letter, "env", f"KRB5_CONFIG={tunnel.realm.config}", node.path("funnelctl"), *node.common_options,
                                "doctor", "--json", check=False, timeout=120).stdout
        warned = {one["text"].partition(":")[0] for one in json.loads(said) if one["check"] == "modules" and one["verdict"] == "warning"}
        assert warned == {service.unit for where, service, _, cost in ends(tunnel) if where is node and cost}
        assert node.funnelctl("status").stdout.count("with another module at the other end, or none at one end") == len(warned)
        assert not any("module" in problem for problem in json.loads(node.funnelctl("status", "--json").stdout)["problems"])


def ask(tunnel, port):
    return tunnel.network.popen("a", SAY, "127.0.0.1", str(port), QUERY.hex(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("name, port, column", [("same", 5401, "dns"), ("half", 5402, "- (there: dns)"), ("other", 5404, "ldap: bytes (there: dns)")])
def test_sessions_show_both_modules(tunnel, name, port, column):
    with ask(tunnel, port) as client:
        assert client.stdout.readline()[4:10] == "001180"
        ((session,),) = [one["sessions"] for one in json.loads(tunnel.a.funnelctl("sessions", name, "--json").stdout)]
        assert session["peer_module"] == DNS
        assert f" {column} " in tunnel.a.funnelctl("sessions", name).stdout
        client.stdin.close()
