// The daemons' answers (status_schema.md), as structs. Text is unchanged: the code that prints it
// escapes it. Null and absent values become empty text, nullopt or 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"

namespace funnel::ctl {

struct PathStatus {
  std::string address, carrier, state;
  std::optional<double> srtt_ms;
  // Only for our own SCTP, and for a path that is or was in use.
  std::string congestion;
  std::optional<double> least_rtt_ms;
  std::int64_t delivery_rate = 0, pacing_rate = 0;  // bytes a second
  std::int64_t packet_bytes = 0, in_flight_bytes = 0, window_bytes = 0;
  std::int64_t lost = 0, retransmitted = 0, spurious = 0;
};

struct AssociationStatus {
  std::string peer, node, state, direction, carrier, address, reason, verified_node;
  std::optional<std::int64_t> since;
  std::optional<double> srtt_ms;
  std::optional<std::int64_t> retry_in_ms;
  std::vector<PathStatus> paths;
  std::string last_move;
  std::optional<std::int64_t> moved;
  std::vector<std::string> trying;
  std::string not_direct;
  std::optional<std::int64_t> direct_retry_in_ms;
  std::int64_t channels = 0, bytes_sent = 0, bytes_received = 0, retransmitted = 0;
};

struct ChannelStatus {
  std::string service, peer, role, state, local_principal, remote_principal, reason, suite_reason;
  bool reason_authenticated = false;
  std::optional<std::int64_t> stream, since, suite;
  std::int64_t frames_sent = 0, frames_received = 0, bytes_sent = 0, bytes_received = 0;
  std::int64_t frames_dropped = 0, queued_bytes = 0;
};

struct RefusalStatus {
  std::int64_t when = 0;
  std::string service, peer, direction, text;
  bool authenticated = false;
};

struct SctpdStatus {
  std::string version, node, engine;
  std::int64_t pid = 0, started = 0;
  std::vector<std::string> listen;
  std::optional<bool> authd_connected;
  std::vector<AssociationStatus> associations;
  std::vector<ChannelStatus> channels;
  std::vector<RefusalStatus> refusals;
  std::int64_t associations_omitted = 0, channels_omitted = 0, refusals_omitted = 0;
};

struct IdentityStatus {
  std::string principal, error;
  std::vector<std::string> services;
  bool in_keytab = false;
  std::optional<std::int64_t> ticket_expires;
};

struct PeerVerification {
  std::string peer, node, state, principal, identity, reason, suite_reason;
  std::optional<std::int64_t> since, expires, suite;
};

struct FailureStatus {
  std::int64_t when = 0;
  std::string service, peer, direction, principal, text;
};

struct AuthdStatus {
  std::string version, node, keytab, keytab_error;
  std::int64_t pid = 0, started = 0;
  std::vector<IdentityStatus> identities;
  std::vector<PeerVerification> peers;
  std::int64_t contexts = 0, handshakes_running = 0, handshakes_waiting = 0, claims = 0;
  std::vector<FailureStatus> failures;
  std::int64_t failures_omitted = 0;
};

// Fails if it is no JSON object; a field of an unexpected type counts as absent.
[[nodiscard]] Result<SctpdStatus> ParseSctpdStatus(const std::string& json);
[[nodiscard]] Result<AuthdStatus> ParseAuthdStatus(const std::string& json);

}  // namespace funnel::ctl
