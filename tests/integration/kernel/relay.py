"""In the guest: relay.py BUILD ENGINE. Nodes with that engine, one reached by UDP, one straight over IP, and between them a
relay on the kernel's SCTP. Ends with "all done".
"""
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

import lab  # noqa: E402  (the path to it is set above)
from lab.answers import check_equal  # noqa: E402

from hosts import prepare_host, prepare_link  # noqa: E402

CARRIERS = {"a": "udp", "r": "direct"}
LINKS = {"a": ["next"], "r": ["back", "next"], "b": ["back"]}


def main(build, engine):
    engines = {"a": engine, "r": "kernel", "b": engine}
    settings = {letter: {"sctp": {"engine": engine}} for letter, engine in engines.items()}
    with lab.Chain(build, [lab.dns_service(), lab.ldap_service()], "r", lab.Workspace(), with_nsd=True, with_slapd=True,
                   settings=settings, carriers=CARRIERS) as chain:
        for letter, engine in engines.items():
            prepare_host(chain.network, letter, engine)
            for device in LINKS[letter]:
                prepare_link(chain.network, letter, device)
        try:
            chain.prepare().start().wait_up(deadline=40)
            check_equal(chain)
            status = chain.nodes["r"].status()["sctpd"]
            assert status["engine"] == "kernel"
            carriers = {one["peer"]: one["carrier"] for one in status["associations"]}
            assert carriers == {"branch": "udp", "hoster": "direct"}, carriers
        except BaseException:
            print(chain.describe())
            raise
    print("all done")


main(*sys.argv[1:])
