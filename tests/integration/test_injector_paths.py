"""One of two links fails, and meanwhile somebody says on the other, in both nodes' names, that the association ends. Nothing ends.

    branch (a)                                          hoster (b)
    dns_load -> funnel ==== lan 10.77.0.0/24 ===  funnel -> nsd
                       ==== alt 10.78.0.0/24 ====
"""
import pytest

import lab
from lab import traffic
from lab.base import write_file
from lab.injector import CLAIMS, inject, sent
from lab.measure import read_counters
from lab.netns import ADDRESSES

ALT = {"a": "10.78.0.1", "b": "10.78.0.2"}
LINKS = {"lan": ADDRESSES, "alt": ALT}
COUNT, RATE = 1600, 200
BURST = 30


@pytest.fixture(scope="module", params=["udp", "direct"])
def tunnel(request, make_tunnel):
    made = make_tunnel([lab.dns_service()], with_nsd=True,
                       connect_peer=lab.Peer(connect="hoster.sites.test", extra={"carrier": request.param}),
                       settings={"sctp": {"engine": "own", "path-probe": "500ms", "heartbeat": "500ms", "dead-peer-timeout": "20s"}})
    made.network.add_link("alt", ALT["a"], ALT["b"])
    for node in made.nodes.values():
        node.settings["sctp"]["listen"] = [ADDRESSES[node.letter], ALT[node.letter]]
        node.sctpd_options = ["--capability=net_raw"]
    made.prepare()
    hosts = made.workspace.folder("names") + "/hosts"
    write_file(hosts, "".join(f"{link['b']} hoster.sites.test\n" for link in LINKS.values()))
    made.a["funnel-sctpd"].prefix = ["unshare", "--mount", "--", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
    made.start()
    made.network.no_trains()
    return made.wait_up()


def association(node):
    listed = node.status()["sctpd"]["associations"]
    assert len(listed) == 1, listed
    return listed[0]


def device_in_use(tunnel):
    """None: no path is, or the other does not work yet."""
    states = {one["address"].rpartition(":")[0]: one["state"] for one in association(tunnel.a)["paths"]}
    if sorted(states.values()) != ["active", "reachable"]:
        return None
    return next(device for device, link in LINKS.items() if states.get(link["b"]) == "active")


@pytest.mark.alone
def test_a_forged_end_while_a_path_fails_ends_nothing(tunnel):
    lab.wait_until(lambda: device_in_use(tunnel), "both paths work", 20, 0.05, tunnel.describe)
    before = [association(node)["since"] for node in tunnel.nodes.values()]
    failing = device_in_use(tunnel)
    other = next(device for device in LINKS if device != failing)
    load = traffic.start_dns_load(tunnel, 5353, COUNT, RATE)
    tunnel.network.cut(device=failing)
    try:
        injectors = [inject(tunnel, letter, CLAIMS, 2, BURST, 20, other, LINKS[other]) for letter in tunnel.nodes]
        for one in injectors:
            assert all(count >= 2 * BURST for count in sent(one).values())
        said = traffic.result(load)
    finally:
        tunnel.network.cut(on=False, device=failing)
    print(f"{failing} failed: the latest of {COUNT} answers took {said['milliseconds'][-1]:.0f} ms")
    assert said["answered"] == said["sent"] == COUNT and said["wrong"] == 0, said
    for node, since in zip(tunnel.nodes.values(), before, strict=True):
        assert (association(node)["since"], association(node)["state"]) == (since, "up")
        assert read_counters(f"{node.run}/counters/funnel-sctpd")["associations_lost"] == 0
