// Answers of both daemons, in the form of status_schema.md.
#pragma once

namespace funnel::ctl {

inline constexpr const char* kSctpdJson = R"json({
  "daemon": "funnel-sctpd", "version": "0.1.0", "pid": 4711, "started": 1795230000,
  "node": "branch1.example.net", "engine": "own", "listen": ["[::]:9899"],
  "associations": [
    {"peer": "hoster", "node": "ns.hoster.net", "state": "up", "direction": "out", "carrier": "udp",
     "address": "192.0.2.1:9899", "since": 1795230001, "verified": true, "verified_node": "ns.hoster.net",
     "srtt_ms": 12.5, "retry_in_ms": null, "trying": ["192.0.2.1 (direct)"],
     "paths": [{"address": "192.0.2.1:9899", "carrier": "udp", "state": "active", "srtt_ms": 12.0,
                "least_rtt_ms": 10.5, "packet_bytes": 1464, "window_bytes": 128000, "in_flight_bytes": 64000,
                "delivery_rate": 11000000, "pacing_rate": 11500000, "lost": 12, "retransmitted": 13, "spurious": 1,
                "congestion": "cruise"},
               {"address": "192.0.2.7:9899", "carrier": "udp", "state": "silent", "srtt_ms": 0.0}],
     "last_move": "from 192.0.2.7:9899 (udp) to 192.0.2.1:9899 (udp)", "moved": 1795230900,
     "not_direct": "no answer", "direct_retry_in_ms": 540000, "reason": null, "streams": 1024, "channels": 2,
     "bytes_sent": 1000, "bytes_received": 2000, "retransmitted": 0},
    {"peer": "branch2", "node": "branch2.example.net", "state": "waiting", "direction": null, "carrier": "udp",
     "address": "192.0.2.9:9899", "since": null, "srtt_ms": null, "retry_in_ms": 1500,
     "reason": "no answer", "channels": 0}],
  "associations_omitted": 3,
  "channels": [
    {"service": "dns", "peer": "hoster", "stream": 3, "channel": 305419896, "role": "listen", "state": "open",
     "local_principal": "dns/branch1.example.net@EXAMPLE.NET",
     "remote_principal": "dns/ns.hoster.net@EXAMPLE.NET",
     "reason": null, "suite": 1, "suite_reason": "the acceptor is of a version that has suite 1 only",
     "since": 1795230001, "frames_sent": 5, "bytes_sent": 500, "bytes_received": 1500,
     "frames_dropped": 0, "queued_bytes": 0},
    {"service": "ldap", "peer": "hoster", "stream": null, "channel": null, "role": "listen", "state": "refused",
     "local_principal": "ldap/branch1.example.net@EXAMPLE.NET", "remote_principal": null,
     "reason": "not \u001b[2Jallowed", "reason_authenticated": true, "since": 1795230002}],
  "channels_omitted": 0,
  "refusals": [
    {"when": 1795230002, "service": "ldap", "peer": "hoster", "direction": "in", "code": 1,
     "text": "refused", "authenticated": false}],
  "refusals_omitted": 0})json";

inline constexpr const char* kAuthdJson = R"({
  "daemon": "funnel-authd", "version": "0.1.0", "pid": 4712, "started": 1795230000,
  "node": "branch1.example.net", "keytab": "/etc/funnel/keytabs/funnel.keytab", "keytab_error": null,
  "identities": [
    {"principal": "dns/branch1.example.net@EXAMPLE.NET", "services": ["dns"], "in_keytab": true,
     "ticket_expires": 1795266000, "error": null},
    {"principal": "ldap/branch1.example.net@EXAMPLE.NET", "services": ["ldap"], "in_keytab": false,
     "ticket_expires": null, "error": null}],
  "peers": [
    {"peer": "hoster", "node": "ns.hoster.net", "state": "verified",
     "principal": "funnel/ns.hoster.net@EXAMPLE.NET", "identity": "funnel/branch1.example.net@EXAMPLE.NET",
     "since": 1795230001, "expires": 1795266000, "reason": null}],
  "contexts": 2, "handshakes_running": 0, "handshakes_waiting": 0, "claims": 0,
  "failures": [
    {"when": 1795230003, "service": "ldap", "peer": "hoster", "direction": "out",
     "principal": "ldap/branch1.example.net@EXAMPLE.NET",
     "text": "cannot contact any KDC for realm EXAMPLE.NET"}],
  "failures_omitted": 0})";

}  // namespace funnel::ctl
