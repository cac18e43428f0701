// What funnel.conf says; model.h has the rules of these structs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/log.h"
#include "common/config/origin.h"
#include "common/config/sctp_config.h"
#include "common/config/value_units.h"

namespace funnel::config {

// [kerberos] of funnel.conf, which funnel-authd reads.
struct KerberosConfig {
  std::string keytab;         // absolute after Load; default DIR/keytabs/funnel.keytab
  std::string client_keytab;  // absolute after Load; default: the same as keytab
  std::uint32_t handshake_threads = 16;
  std::uint32_t handshake_queue = 1024;  // handshakes that wait for a thread; more are refused as
                                         // busy
  milliseconds handshake_timeout = 10s;
  milliseconds claim_lifetime = 10s;
  std::uint32_t max_contexts = 65536;
  std::uint32_t peer_handshakes = 64;  // of strangers (stream 0), at once, in all
  std::uint32_t peer_handshakes_per_association = 2;
};

// [control] of funnel.conf: what funnelctl may use of a daemon.
struct ControlConfig {
  std::uint32_t clients = 32;           // connections to one edge's control socket
  std::uint32_t commands = 16;          // of one connection, not answered yet
  std::uint32_t sessions_shown = 1000;  // of one edge, in one answer
  std::uint64_t trace_queue_bytes = 256 * kKiB;
  milliseconds ping_timeout = 5s;
};

struct NodeConfig {
  std::string name;
  std::string sctpd_user = "funnel-sctpd";  // a user name or a number, as all users and groups here
  std::string authd_user = "funnel-authd";
  std::string read_group = "funnel-read";    // may ask for status
  std::string admin_group = "funnel-admin";  // may change things
  LogLevel log_level = LogLevel::kInfo;
  std::vector<std::uint16_t>
      peer_suites;  // of @peer, best first; empty: the best that the machine has
  KerberosConfig kerberos;
  SctpConfig sctp;
  ControlConfig control;
  Origins origins;
};

}  // namespace funnel::config
