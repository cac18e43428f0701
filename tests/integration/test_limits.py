"""Every limit of the configuration has a counter and a test that fills it. The test shows what is turned away, and that others
still get something.

    branch (a): a daemon of each kind, for its counters        the programs of the unit tests, for their names
"""
import glob
import json
import os
import re
import subprocess

import pytest

import lab
from conftest import TOP

# Keys that count or measure something, and turn nothing away.
NO_LIMITS = {
    "kerberos handshake-threads": "the rest waits, in handshake-queue",
    "sctp udp-port": "a name", "sctp sctp-port": "a name",
    "sctp send-buffer": "what finds it full waits at its edge", "sctp receive-buffer": "SCTP's own window",
    "sctp packet-size": "what is larger is cut",
    "sctp streams": "what the far end may grant", "sctp refusals-kept": "the oldest goes; counters have counted it",
    "control sessions-shown": "the rest is counted in the answer",
    "service channels": "how many there are", "service priority": "a rank", "service weight": "a part",
    "service copies": "how many there are", "service listen-backlog": "the kernel counts what it turns away",
    "connect down-after": "failures in a row", "connect lookups": "the rest waits",
    "connect check-rise": "checks in a row", "connect check-fall": "checks in a row",
    "service session-window": "the sender waits", "service channel-window": "the sender waits",
}
OWN = "it is one client's own"
# The test that fills it, and the one that shows that others still get their part while one client fills it, or why there is none.
LIMITS = {
    "kerberos handshake-queue": ("event WorkPoolTest.RefusesWhatItsQueueCannotHold",
                                 "event WorkPoolTest.KeepsPlacesInItsQueueForEachKnownKey"),
    "kerberos max-contexts": ("authd SharesTest.AnEdgeThatAnnouncesWithoutEndLeavesContextsToOthers",) * 2,
    "kerberos peer-handshakes": ("base SharesTest.GreedyClientsLeaveEachKnownOneWhatIsKeptForIt",
                                 "authd PeerTest.AVerifiedPeerThatOpensWithoutEndKeepsNobodyElseFromBeingVerified"),
    "kerberos peer-handshakes-per-association": (
        "authd PeerTest.AVerifiedPeerThatOpensWithoutEndKeepsNobodyElseFromBeingVerified", OWN),
    "sctp max-associations": ("sctpd-engine EngineStrangerTest.AssociationsInAllAreLimited",
                              "sctpd AssociationTest.StrangersAreLimitedAndKeepNobodyOut"),
    "sctp unverified-associations": ("sctpd AssociationTest.StrangersAreLimitedAndKeepNobodyOut",) * 2,
    "sctp unverified-per-address": ("sctpd-engine EngineStrangerTest.AssociationsOfOneHostAreLimited", OWN),
    "sctp half-open-per-association": ("sctpd AcceptTest.OpenAfterOpenCostsLittleAndStartsNothing", OWN),
    "sctp half-open-total": ("sctpd AcceptTest.HalfOpenLimitInAllHolds",
                             "sctpd AcceptTest.OpenAfterOpenCostsLittleAndStartsNothing"),
    "sctp channel-queue": ("sctpd HostileTest.EdgeThatDoesNotReadLosesItsChannelOnly", OWN),
    "sctp relay-queue": ("sctpd RelayTest.AllRelaysTogetherHoldNoMoreThanConfigured",
                         "sctpd RelayTest.ThePeerWithMostWaitingPaysForTheTotal"),
    "sctp control-clients": ("sctpd ControlTest.OneUserLeavesPlacesToRoot",) * 2,
    "control clients": ("service ControlTest.HostileClientsEndThemselvesOnly",
                        "base SharesTest.GreedyClientsLeaveEachKnownOneWhatIsKeptForIt"),
    "control commands": ("ipc CommandTableTest.BoundsWhatOneClientHasPending", OWN),
    "control trace-queue": ("service ControlTest.SlowReaderOfATraceLosesLinesAndLearnsHowMany", OWN),
    "service max-sessions": ("tcpd AcceptorTest.ResetsConnectionsOverMaxSessions",
                             "connections are made by addresses that answered; who may is the network's business"),
    "service max-flows": ("udpd RoomTest.ANewClientTakesThePlaceOfTheLeastUseful",
                          "udpd RoomTest.AClientThatTakesAllPlacesMakesRoomItself"),
    "service max-flows-per-client": ("udpd RoomTest.AClientBeyondItsShareTakesItsOwnPlaces", OWN),
    "service max-flows-per-peer": ("udpd RoomTest.AFarEndBeyondItsShareTakesItsOwnPlaces", OWN),
    "service max-forwards": ("tcpd ForwardsTest.RefusesMoreThanMaxForwards", "who may forward may stop the service as well"),
    "service max-sessions-per-client": ("tcpd AcceptorTest.ResetsConnectionsOfAClientOverItsShare",) * 2,
    "service client-new-rate": ("tcpd AcceptorTest.ResetsConnectionsOfAClientOverItsRate",) * 2,
    "service client-datagram-rate": ("udpd RoomTest.AClientOverARateIsDroppedAndOthersAreServed",) * 2,
    "service client-byte-rate": ("udpd RoomTest.AClientOverARateIsDroppedAndOthersAreServed",
                                 "tcpd ThrottleTest.ADebtorWaitsAndNobodyElse"),
    "service max-sessions-per-peer": ("tcpd PeerLimitsTest.ResetsConnectionsOfAPeerOverItsShare",) * 2,
    "service peer-new-rate": ("tcpd PeerLimitsTest.ResetsConnectionsOfAPeerOverItsRate",) * 2,
    "service peer-datagram-rate": ("udpd RoomTest.AFarEndOverARateIsDropped", "service RateLimitsTest.NobodyPaysForAnother"),
    "service peer-byte-rate": ("tcpd PeerLimitsTest.TheBackendGetsNoMoreThanThePeersRate",) * 2,
    "service rate-table": ("tcpd AcceptorTest.ForgetsTheRatesOfQuietClients",
                             "service ClientLimitsTest.WhoHasBeenQuietLongestIsForgotten"),
    "service queue-datagrams": ("udpd UdpEdgeTest.KeepsTheNewestDatagramsUntilTheChannelIsUp", OWN),
    "service key-frames": ("service EdgeTest.EndsAChannelWhoseKeyIsUsedUpWhileRekeyingFails", "a channel has keys of its own"),
    "service key-volume": ("wire Rekey.BytesWearAKeyOutToo", "a channel has keys of its own"),
    "service key-log": ("service KeyLogTest.GrowsToItsLimitAndNoFurther", "a service has a file of its own"),
    "service queue-size": ("udpd UdpEdgeTest.WhatWaitsForTheChannelIsBoundedInBytesToo",
                           "a service's clients share what waits while there is no channel at all"),
}
# Classes in common/ do not count; who uses them does.
COUNTED_BY_THEIR_OWNER = ("event ", "base ", "ipc ", "service ControlTest.Hostile")
READERS = {"kerberos": ("funnel-authd",), "sctp": ("funnel-sctpd",), "service": ("funnel-udpd@dns", "funnel-tcpd@ldap"),
           "control": ("funnel-authd", "funnel-sctpd", "funnel-udpd@dns", "funnel-tcpd@ldap")}


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    return make_tunnel([lab.dns_service(), lab.ldap_service()]).prepare().start()


@pytest.fixture(scope="module")
def rows(tunnel):
    listed = json.loads(tunnel.a.funnelctl("help-config", "--json").stdout)
    return {f"{row['section']} {row['key']}": row for row in listed}


@pytest.fixture(scope="module")
def sources():
    """{(suite, name): text} of all unit tests."""
    found = {}
    for path in glob.glob(os.path.join(TOP, "tests/unit/**/*.cc"), recursive=True):
        with open(path, encoding="utf-8") as file:
            for part in re.split(r"(?m)^(?=TEST)", file.read())[1:]:
                suite, name = re.match(r"TEST\w*\((\w+), (\w+)\)", part).groups()
                found[suite, name] = part
    return found


def counters_of(row):
    return row["counted_in"].split(" or ")


def test_whatever_counts_or_measures_is_a_limit_or_says_why_not(rows):
    sized = {key for key, row in rows.items() if row["syntax"].startswith(("a whole number", "a size"))}
    limits = {key for key, row in rows.items() if row["counted_in"]}
    assert limits | set(NO_LIMITS) == sized and not limits & set(NO_LIMITS)


def test_each_limit_counts_what_it_turns_away(tunnel, rows):
    missing = []
    for key, row in rows.items():
        if not row["counted_in"]:
            continue
        for daemon in READERS[row["section"]]:
            only = row["only_for"] or ""
            if "udp" in only and "udpd" not in daemon or ("tcp" in only or "socks" in only) and "tcpd" not in daemon:
                continue
            # An authd has no traces.
            if key == "control trace-queue" and "@" not in daemon or key == "control clients" and "@" not in daemon:
                continue
            known = tunnel.a.counters(daemon)
            if not any(name in known for name in counters_of(row)):
                missing.append((key, daemon))
    assert missing == []


def test_each_limit_has_a_test_that_fills_it_and_one_of_whoever_else_wants_something(rows, build, sources):
    limits = {key for key, row in rows.items() if row["counted_in"]}
    assert limits == set(LIMITS)
    programs = {}
    for key, (filled, shared) in LIMITS.items():
        for test in {filled, shared}:
            if not re.fullmatch(r"[a-z-]+ \w+\.\w+", test):
                continue
            program, name = test.split()
            if program not in programs:
                path = os.path.join(build, "tests/unit", program.partition("-")[0], f"unit-{program}")
                programs[program] = listed_tests(path)
            assert name in programs[program], f"{key}: there is no {test}"
        if not filled.startswith(COUNTED_BY_THEIR_OWNER):
            text = sources[tuple(filled.split()[1].split("."))]
            names = {name for counter in counters_of(rows[key]) for name in (constant(counter), counter.removeprefix("sctp_"))}
            assert any(re.search(rf"\b{name}\b", text) for name in names), f"{key}: {filled} looks at none of {names}"


def constant(counter):
    return "k" + "".join(part.capitalize() for part in counter.split("_"))


def listed_tests(path):
    """SUITE.NAME of each."""
    names, suite = set(), ""
    for line in subprocess.run([path, "--gtest_list_tests"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
        if line.startswith(" "):
            names.add(suite + line.split()[0])
        else:
            suite = line.split()[0]
    return names
