"""LDAP over the tunnel is the same as LDAP asked directly, over every kind of address.

    branch (a)                                             hoster (b)
    ldapsearch -> 127.0.0.1:3389, [::1]:3389 ====== 127.0.0.1:3890  slapd
                  127.0.0.1:3390             ====== unix:.../ldapi  slapd
                  127.0.0.1:3391             ====== [::1]:3890      slapd
"""
import pytest

import lab
from lab import slapd


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    # The Unix socket's path is known once the lab's folder is.
    made = make_tunnel([lab.ldap_service()], with_slapd=True)
    made.services += [
        lab.Service("ldap-unix", "tcp", ("127.0.0.1:3390",), f"unix:{made.slapd.socket}"),
        lab.Service("ldap-six", "tcp", ("127.0.0.1:3391",), f"[::1]:{slapd.PORT}"),
    ]
    return made.prepare().start().wait_up()


@pytest.fixture(scope="module")
def direct(tunnel):
    return tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout


@pytest.mark.parametrize("url", ["ldap://127.0.0.1:3389", "ldap://[::1]:3389", "ldap://127.0.0.1:3390",
                                 "ldap://127.0.0.1:3391"])
def test_whole_directory_equals_the_direct_one(tunnel, direct, url):
    assert tunnel.slapd.search("a", url).stdout == direct
    assert direct.count("dn: ") == slapd.PEOPLE + 2


def test_many_searches_one_after_another(tunnel):
    """Each is a connection of its own that begins and ends."""
    for number in range(30):
        found = tunnel.slapd.search("a", "ldap://127.0.0.1:3389", f"(uid=user{number})").stdout
        assert f"mail: user{number}@example.test" in found


def test_backend_that_is_down_resets_its_connection_only(tunnel, direct):
    tunnel.slapd.stop()
    done = tunnel.slapd.search("a", "ldap://127.0.0.1:3389", check=False)
    assert done.returncode != 0
    tunnel.slapd.start()
    assert tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout == direct
