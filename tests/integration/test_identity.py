"""Who is refused learns why, both ends report it, and everybody else goes on.

    branch (a)                              hoster (b)
    funnel-udpd@dns     ==== accepted ====> accept = dns/branch...
    funnel-tcpd@ldap    ==== refused  ==X=> accept = ldap/somebody-else...
"""
import os

import pytest

import lab
from lab import traffic
from lab.base import write_file
from lab.realm import REALM

FOREIGN = f"ldap/somebody.else@{REALM}"
OURS = f"ldap/branch.funnel.test@{REALM}"


@pytest.fixture
def new_tunnel(make_tunnel):
    """A tunnel for one test, ended with it."""
    made = []

    def make(*services, **options):
        made.append(make_tunnel(list(services) or [lab.dns_service()], with_nsd=True, **options))
        return made[-1]
    yield make
    for tunnel in made:
        for node in tunnel.nodes.values():
            node.stop()
        tunnel.nsd.stop()


def answered(tunnel):
    return tunnel.nsd.dig("a", "127.0.0.1", 5353, "host5", "TXT", check=False) == '"this is host 5"\n'


def wait_answered(tunnel, deadline=30):
    lab.wait_until(lambda: answered(tunnel), "DNS is answered", deadline, detail=tunnel.describe)


def wait_failure(node, text, deadline=30):
    """authd's own words, in its status and in its log."""
    lab.wait_until(lambda: any(text.lower() in (failure.get("text") or "").lower() for failure in node.failures()),
                   f"{node.peer_name}: a failure says '{text}'", deadline, 0.1, node.describe)
    assert text.lower() in node.log("funnel-authd").lower()


def test_names_of_nodes_are_compared_as_dns_does(new_tunnel):
    tunnel = new_tunnel().prepare()
    for node, there in ((tunnel.a, tunnel.b), (tunnel.b, tunnel.a)):
        path = os.path.join(node.etc, "peers.d", there.peer_name + ".ini")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert text.count(f"node = {there.node_name}\n") == 1
        write_file(path, text.replace(f"node = {there.node_name}\n", f"node = {there.node_name.upper()}.\n"))
    tunnel.start()
    wait_answered(tunnel)


def test_refused_principal_learns_why_and_others_go_on(new_tunnel):
    tunnel = new_tunnel(lab.dns_service(), lab.ldap_service(accept=(FOREIGN,))).prepare().start()
    tunnel.wait_up("dns")
    tunnel.a.wait_channel("ldap", "refused")
    channel = tunnel.a.channels("ldap")[0]
    assert OURS in channel["reason"], "the reason names who was refused"
    said = tunnel.a.funnelctl("status")
    assert OURS in said.stdout and "Needs attention" in said.stdout
    assert said.returncode == 1, "for monitoring"
    assert any(refusal["service"] == "ldap" and refusal["direction"] == "in" for refusal in tunnel.a.refusals())
    assert any(refusal["service"] == "ldap" and refusal["direction"] == "out" for refusal in tunnel.b.refusals())
    tunnel.a.wait_logged(OURS, "ldap")
    tunnel.b.wait_logged(OURS, "ldap", daemon="funnel-authd")
    # The service that is refused never started its edge over there; the other one is served.
    assert tunnel.b.edge("ldap").starts == 0
    said = traffic.dns_load(tunnel, 5353, 200, 100)
    assert said["answered"] == said["sent"], said


def test_rule_changed_on_reload_lets_in(new_tunnel):
    service = lab.ldap_service(accept=(FOREIGN,))
    tunnel = new_tunnel(service).prepare().start()
    tunnel.a.wait_channel("ldap", "refused")
    service.accept = (OURS,)
    tunnel.b.write_service(service, tunnel.a)
    tunnel.b["funnel-authd"].reload()
    tunnel.a.wait_channel("ldap", "open", deadline=30)


def test_rule_removed_on_reload_ends_the_live_channel(new_tunnel):
    service = lab.ldap_service()
    tunnel = new_tunnel(service, lab.dns_service()).prepare().start().wait_up()
    service.accept = (FOREIGN,)
    tunnel.b.write_service(service, tunnel.a)
    tunnel.b["funnel-authd"].reload()
    tunnel.a.wait_channel("ldap", "refused", deadline=30)
    assert tunnel.a.channels("dns")[0]["state"] == "open" and answered(tunnel)


def test_removed_accept_list_lets_nobody_in(new_tunnel):
    tunnel = new_tunnel(lab.dns_service(accept=())).prepare().start()
    tunnel.a.wait_channel("dns", "refused")


def test_wrong_key_at_the_acceptor_says_so(new_tunnel):
    tunnel = new_tunnel().prepare()
    tunnel.realm.change_key(f"dns/hoster.funnel.test@{REALM}")
    tunnel.start()
    wait_failure(tunnel.b, "key")
    assert not answered(tunnel)
    # A new keytab takes effect by itself or on reload.
    tunnel.realm.keytab(tunnel.b.keytab, *tunnel.b.principals(tunnel.services), uid=tunnel.b.uid("funnel-authd"))
    tunnel.b["funnel-authd"].reload()
    wait_answered(tunnel)


def renew(tunnel, *principals):
    """The hoster gets new keys, and a keytab that has only these."""
    for principal in principals:
        tunnel.realm.change_key(principal)
    tunnel.realm.keytab(tunnel.b.keytab, *tunnel.b.principals(tunnel.services), uid=tunnel.b.uid("funnel-authd"))
    tunnel.b["funnel-authd"].reload()


def test_new_key_only_costs_seconds_not_the_ticket_s_life(new_tunnel):
    """The branch has a ticket for the old key, valid for an hour. The service's next channel, opened with it, is refused."""
    tunnel = new_tunnel().prepare().start().wait_up("dns")
    first = tunnel.a.channels("dns")[0]["channel"]
    renew(tunnel, f"dns/hoster.funnel.test@{REALM}")
    tunnel.a.funnelctl("close", "dns")
    lab.wait_until(lambda: any(channel["state"] == "open" and channel["channel"] != first for channel in tunnel.a.channels("dns")),
                   "a new channel is open", 20, detail=tunnel.describe)
    assert answered(tunnel)
    assert "key" in tunnel.b.log("funnel-authd"), "the old ticket was tried, and refused"


def test_new_key_of_the_peer_costs_seconds(new_tunnel):
    tunnel = new_tunnel().prepare().start().wait_up("dns")
    renew(tunnel, f"funnel/hoster.funnel.test@{REALM}")
    tunnel.b["funnel-sctpd"].kill9()
    wait_answered(tunnel)


def test_wrong_key_at_the_initiator_says_so(new_tunnel):
    tunnel = new_tunnel().prepare()
    tunnel.realm.change_key(f"dns/branch.funnel.test@{REALM}")
    tunnel.start()
    tunnel.a.wait_logged(f"dns/branch.funnel.test@{REALM}", daemon="funnel-authd")
    lab.wait_until(lambda: any(failure["service"] == "dns" for failure in tunnel.a.failures()), "the failure shows",
                   20, detail=tunnel.describe)


def test_missing_key_names_principal_and_keytab(new_tunnel):
    tunnel = new_tunnel().prepare()
    tunnel.realm.keytab(tunnel.a.keytab, f"funnel/branch.funnel.test@{REALM}", uid=tunnel.a.uid("funnel-authd"))
    tunnel.start()
    tunnel.a.wait_logged(f"dns/branch.funnel.test@{REALM}", os.path.basename(tunnel.a.keytab))


def test_unreachable_kdc_says_so_and_recovers(new_tunnel):
    tunnel = new_tunnel().prepare()
    tunnel.realm.stop()
    tunnel.start()
    wait_failure(tunnel.a, "Cannot contact any KDC")
    tunnel.realm.start()
    wait_answered(tunnel, 90)


def test_clock_skew_says_so(new_tunnel):
    tunnel = new_tunnel().prepare()
    tunnel.realm.stop()
    tunnel.realm.start(prefix=("faketime", "-f", "+1h"))
    tunnel.start()
    wait_failure(tunnel.a, "skew")


def test_expired_ticket_says_so(new_tunnel):
    """Tickets live 20 s here; with the KDC gone they cannot be renewed, and the channel ends by itself."""
    tunnel = new_tunnel(lifetime="20s").prepare().start().wait_up("dns")
    tunnel.realm.stop()
    lab.wait_until(lambda: any("expired" in (failure.get("text") or "").lower() or
                               "KDC" in (failure.get("text") or "") for failure in tunnel.a.failures()),
                   "the end of the ticket shows", 60, 0.2, tunnel.describe)


def test_channel_outlives_its_first_ticket(new_tunnel):
    """With tickets of 20 s a channel is rekeyed before their end, again and again, without a query lost."""
    tunnel = new_tunnel(lifetime="20s").prepare().start().wait_up("dns")
    first = tunnel.a.channels("dns")[0]["channel"]
    said = traffic.dns_load(tunnel, 5353, 2400, 40)
    assert said["answered"] == said["sent"] == 2400, tunnel.describe()
    assert tunnel.a.channels("dns")[0]["channel"] == first, "the channel was never opened again"


def test_realm_with_older_enctypes_works(new_tunnel):
    tunnel = new_tunnel(enctypes="sha1").prepare().start().wait_up("dns")
    assert answered(tunnel)
