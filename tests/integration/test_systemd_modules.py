"""Services with protocol modules, from the installed package and in the units' sandbox, which forbids memory that is written and executed.

    guest a "branch"                                     guest b "hoster"
    ldapsearch -> funnel-tcpd@ldap    -> sctpd ==== sctpd -> funnel-tcpd@ldap    -> slapd    module = ldap
    dig +tcp   -> funnel-tcpd@dns-tcp ->  "          "    -> funnel-tcpd@dns-tcp -> nsd      module = dns
"""
import json

import pytest

import lab
from lab import nsd, slapd

MODULES = {"ldap": "ldap", "dns-tcp": "dns"}


def with_module(name):
    keys = {"module": MODULES[name], "module-required": "yes"}
    return {"listen_service": keys, "connect_service": keys}


LDAP = lab.ldap_service(listen=("127.0.0.1:389",), **with_module("ldap"))
DNS = lab.Service("dns-tcp", "tcp", ("127.0.0.1:53",), f"127.0.0.1:{nsd.PORT}", **with_module("dns-tcp"))


@pytest.fixture(scope="module")
def tunnel(make_installed):
    return make_installed([LDAP, DNS], with_nsd=True, with_slapd=True).prepare().start().wait_up()


def test_the_package_has_the_modules(tunnel):
    installed = json.loads(tunnel.a.funnelctl("modules", "--json").stdout)
    assert {"dns", "ldap"} <= {one["module"] for one in installed["modules"]}
    assert [one["reason"] for one in installed["modules"] if one["reason"]] == []


def metrics(node, service):
    """{name: value} of a service's edge."""
    lines = [line for line in node.funnelctl("metrics").stdout.splitlines() if f'service="{service}"' in line]
    return {line.split("{")[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def test_they_carry(tunnel):
    done = tunnel.a.guest.run("ldapsearch", "-x", "-LLL", "-H", "ldap://127.0.0.1", "-b", slapd.BASE)
    assert done.stdout.count("dn: ") == slapd.PEOPLE + 2
    assert done.stdout == tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout
    done = tunnel.a.guest.run("dig", "@127.0.0.1", "+tcp", "+short", "+time=5", "+tries=2", "www.example.test", "TXT")
    assert done.stdout == '"carried by Funnel"\n'
    for node in tunnel.nodes.values():
        for service in MODULES:
            counters = metrics(node, service)
            assert sum(counters[f"funnel_edge_messages_{order}_total"] for order in ("free", "follows", "after_all")) > 0
            assert counters["funnel_tcpd_module_fallbacks_total"] == 0


def test_they_are_loaded_in_the_sandbox(tunnel):
    for node in tunnel.nodes.values():
        for service, module in MODULES.items():
            unit = f"funnel-tcpd@{service}.service"
            assert node.guest.show(unit, "MemoryDenyWriteExecute") == {"MemoryDenyWriteExecute": "yes"}
            maps = node.guest.run("cat", f"/proc/{node.guest.main_pid(unit)}/maps").stdout.splitlines()
            mapped = [line.split()[1] for line in maps if line.endswith(f"/funnel/modules/{module}.so")]
            assert any("x" in mode for mode in mapped), unit
            assert not any("w" in mode and "x" in mode for mode in mapped), unit
