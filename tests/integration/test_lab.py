"""The lab's own servers answer, and its network loses packets when a test asks for it: the other tests rely on both.

    namespace a ====== lan ====== namespace b: nsd, slapd
         +------------ k: krb5kdc ------+
"""
import os
import shutil

import pytest

import enterable
import lab
from lab import nsd, slapd
from lab.base import run

NOBODY = 65534


@pytest.fixture(scope="module")
def parts():
    workspace = lab.Workspace()
    network = lab.Network(workspace)
    realm = lab.Realm(workspace, network)
    yield workspace, network, realm
    realm.stop()
    network.stop()
    workspace.remove()


def test_realm_gives_sha2_tickets_to_both_namespaces(parts):
    workspace, network, realm = parts
    realm.add("test/lab")
    keytab = os.path.join(workspace.path, "lab.keytab")
    realm.keytab(keytab, "test/lab", uid=0)
    for node in ("a", "b"):
        cache = os.path.join(workspace.path, "cache." + node)
        network.run(node, "kinit", "-k", "-t", keytab, "-c", cache, "test/lab", env=realm.environment)
        listed = network.run(node, "klist", "-e", "-c", cache, env=realm.environment).stdout
        assert "skey: aes256-cts-hmac-sha384-192" in listed.replace("Etype (skey, tkt): ", "skey: "), listed


def test_a_changed_key_makes_an_old_keytab_useless(parts):
    workspace, network, realm = parts
    realm.add("test/changed")
    keytab = os.path.join(workspace.path, "changed.keytab")
    realm.keytab(keytab, "test/changed")
    realm.change_key("test/changed")
    done = network.run("a", "kinit", "-k", "-t", keytab, "-c", os.path.join(workspace.path, "c"), "test/changed",
                       env=realm.environment, check=False)
    assert done.returncode != 0


def test_nsd_answers_over_both_families_and_large(parts):
    workspace, network, _ = parts
    server = lab.Nsd(workspace, network)
    for address in ("127.0.0.1", "::1"):
        assert server.dig("b", address, nsd.PORT, "host7", "TXT") == '"this is host 7"\n'
        assert len(server.dig("b", address, nsd.PORT, "big", "TXT", "+bufsize=4096", "+notcp")) > 2800
    server.stop()


def test_slapd_answers_over_tcp_and_unix_socket(parts):
    workspace, network, _ = parts
    server = lab.Slapd(workspace, network)
    over_tcp = server.search("b", f"ldap://[::1]:{slapd.PORT}").stdout
    assert over_tcp.count("dn: ") == slapd.PEOPLE + 2
    assert server.search("b", "ldapi://" + server.socket.replace("/", "%2F")).stdout == over_tcp
    server.stop()


def test_link_drops_the_share_asked_for(parts):
    _, network, _ = parts
    network.drop(0.2)
    before = network.received("b")
    send = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "for n in range(2000): s.sendto(b'x', ('10.77.0.2', 7))")
    network.run("a", "/usr/bin/python3", "-c", send)
    arrived, dropped = network.received("b") - before, network.dropped("b")
    network.pass_all()
    assert arrived >= 2000
    assert 0.15 < dropped / arrived < 0.25


def test_cut_link_keeps_the_way_to_the_kdc(parts):
    _, network, realm = parts
    network.cut()
    assert network.run("a", "/usr/bin/python3", "-c",
                       "import socket; socket.create_connection(('10.77.9.9', 8888), 5)").returncode == 0
    assert network.dropped("a") == 0
    network.cut(on=False)
    assert realm.kdc.require_running()


@pytest.fixture
def closed_build(build, tmp_path):
    """A build with one program, in a folder that is closed to others, as /root is."""
    program = tmp_path / "closed" / "build" / "funnelctl" / "funnelctl"
    os.makedirs(program.parent)
    shutil.copy(os.path.join(build, "funnelctl", "funnelctl"), program)
    os.chmod(tmp_path, 0o755)
    os.chmod(tmp_path / "closed", 0o700)
    return str(tmp_path / "closed" / "build")


def as_nobody(program):
    # setpriv itself keeps what root may until it has become another program.
    return ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "sh", "-c", '"$0" --version', program]


def test_daemons_of_a_build_in_a_closed_folder_run_under_their_users(closed_build):
    program = os.path.join(closed_build, "funnelctl", "funnelctl")
    assert run(as_nobody(program), check=False).returncode != 0
    workspace = lab.Workspace()
    try:
        view = os.path.join(enterable.view_of(workspace.path), "funnelctl", "funnelctl")
        done = run(enterable.command(workspace.path, closed_build, as_nobody(view)))
        assert done.stdout.startswith("funnelctl ")
        assert os.listdir(enterable.view_of(workspace.path)) == []  # nothing of it is seen outside
    finally:
        workspace.remove()
    assert os.path.exists(program)


def test_a_build_that_daemons_cannot_enter_is_reported_before_any_starts(closed_build, parts):
    workspace, network, realm = parts
    os.makedirs(os.path.join(closed_build, "funnel-sctpd"))
    with open(os.path.join(closed_build, "funnel-sctpd", "funnel-sctpd"), "wb"):
        pass
    with pytest.raises(lab.LabError, match="is closed to the daemons' users"):
        lab.Node(workspace, network, realm, closed_build, "a")
