#include "funnelctl/json.h"
#include "funnelctl/status/status_model.h"

namespace funnel::ctl {
namespace {

void Take(const Json& object, const char* key, std::string& out) {
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_string()) out = value->get_ref<const std::string&>();
}

void Take(const Json& object, const char* key, bool& out) {
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_boolean()) out = value->get<bool>();
}

void Take(const Json& object, const char* key, std::optional<bool>& out) {
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_boolean()) out = value->get<bool>();
}

void Take(const Json& object, const char* key, std::optional<std::int64_t>& out) {
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_number_integer()) out = value->get<std::int64_t>();
}

void Take(const Json& object, const char* key, std::int64_t& out) {
  std::optional<std::int64_t> value;
  Take(object, key, value);
  out = value.value_or(0);
}

void Take(const Json& object, const char* key, std::optional<double>& out) {
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_number()) out = value->get<double>();
}

void Take(const Json& object, const char* key, std::vector<std::string>& out) {
  const Json* list = Find(object, key);
  if (list == nullptr || !list->is_array()) return;
  for (const Json& item : *list) {
    if (item.is_string()) out.push_back(item.get_ref<const std::string&>());
  }
}

template <typename T>
void TakeList(const Json& object, const char* key, std::vector<T>& out,
              void (*take)(const Json&, T&)) {
  const Json* list = Find(object, key);
  if (list == nullptr || !list->is_array()) return;
  for (const Json& item : *list) take(item, out.emplace_back());
}

void TakePath(const Json& in, PathStatus& out) {
  Take(in, "address", out.address);
  Take(in, "carrier", out.carrier);
  Take(in, "state", out.state);
  Take(in, "srtt_ms", out.srtt_ms);
  Take(in, "congestion", out.congestion);
  Take(in, "least_rtt_ms", out.least_rtt_ms);
  Take(in, "delivery_rate", out.delivery_rate);
  Take(in, "pacing_rate", out.pacing_rate);
  Take(in, "packet_bytes", out.packet_bytes);
  Take(in, "in_flight_bytes", out.in_flight_bytes);
  Take(in, "window_bytes", out.window_bytes);
  Take(in, "lost", out.lost);
  Take(in, "retransmitted", out.retransmitted);
  Take(in, "spurious", out.spurious);
}

void TakeAssociation(const Json& in, AssociationStatus& out) {
  Take(in, "peer", out.peer);
  Take(in, "node", out.node);
  Take(in, "state", out.state);
  Take(in, "direction", out.direction);
  Take(in, "carrier", out.carrier);
  Take(in, "address", out.address);
  Take(in, "reason", out.reason);
  Take(in, "verified_node", out.verified_node);
  Take(in, "since", out.since);
  Take(in, "srtt_ms", out.srtt_ms);
  Take(in, "retry_in_ms", out.retry_in_ms);
  TakeList(in, "paths", out.paths, TakePath);
  Take(in, "last_move", out.last_move);
  Take(in, "moved", out.moved);
  Take(in, "trying", out.trying);
  Take(in, "not_direct", out.not_direct);
  Take(in, "direct_retry_in_ms", out.direct_retry_in_ms);
  Take(in, "channels", out.channels);
  Take(in, "bytes_sent", out.bytes_sent);
  Take(in, "bytes_received", out.bytes_received);
  Take(in, "retransmitted", out.retransmitted);
}

void TakeChannel(const Json& in, ChannelStatus& out) {
  Take(in, "service", out.service);
  Take(in, "peer", out.peer);
  Take(in, "role", out.role);
  Take(in, "state", out.state);
  Take(in, "local_principal", out.local_principal);
  Take(in, "remote_principal", out.remote_principal);
  Take(in, "reason", out.reason);
  Take(in, "reason_authenticated", out.reason_authenticated);
  Take(in, "suite", out.suite);
  Take(in, "suite_reason", out.suite_reason);
  Take(in, "stream", out.stream);
  Take(in, "since", out.since);
  Take(in, "frames_sent", out.frames_sent);
  Take(in, "frames_received", out.frames_received);
  Take(in, "bytes_sent", out.bytes_sent);
  Take(in, "bytes_received", out.bytes_received);
  Take(in, "frames_dropped", out.frames_dropped);
  Take(in, "queued_bytes", out.queued_bytes);
}

void TakeRefusal(const Json& in, RefusalStatus& out) {
  Take(in, "when", out.when);
  Take(in, "service", out.service);
  Take(in, "peer", out.peer);
  Take(in, "direction", out.direction);
  Take(in, "text", out.text);
  Take(in, "authenticated", out.authenticated);
}

void TakeIdentity(const Json& in, IdentityStatus& out) {
  Take(in, "principal", out.principal);
  Take(in, "error", out.error);
  Take(in, "services", out.services);
  Take(in, "in_keytab", out.in_keytab);
  Take(in, "ticket_expires", out.ticket_expires);
}

void TakePeer(const Json& in, PeerVerification& out) {
  Take(in, "peer", out.peer);
  Take(in, "node", out.node);
  Take(in, "state", out.state);
  Take(in, "principal", out.principal);
  Take(in, "identity", out.identity);
  Take(in, "reason", out.reason);
  Take(in, "since", out.since);
  Take(in, "expires", out.expires);
  Take(in, "suite", out.suite);
  Take(in, "suite_reason", out.suite_reason);
}

void TakeFailure(const Json& in, FailureStatus& out) {
  Take(in, "when", out.when);
  Take(in, "service", out.service);
  Take(in, "peer", out.peer);
  Take(in, "direction", out.direction);
  Take(in, "principal", out.principal);
  Take(in, "text", out.text);
}

}  // namespace

Result<SctpdStatus> ParseSctpdStatus(const std::string& json) {
  Json in = TRY(ParseAnswer(json));
  SctpdStatus out;
  Take(in, "version", out.version);
  Take(in, "node", out.node);
  Take(in, "engine", out.engine);
  Take(in, "pid", out.pid);
  Take(in, "started", out.started);
  Take(in, "listen", out.listen);
  Take(in, "authd_connected", out.authd_connected);

  TakeList(in, "associations", out.associations, TakeAssociation);
  TakeList(in, "channels", out.channels, TakeChannel);
  TakeList(in, "refusals", out.refusals, TakeRefusal);

  Take(in, "associations_omitted", out.associations_omitted);
  Take(in, "channels_omitted", out.channels_omitted);
  Take(in, "refusals_omitted", out.refusals_omitted);
  return out;
}

Result<AuthdStatus> ParseAuthdStatus(const std::string& json) {
  Json in = TRY(ParseAnswer(json));
  AuthdStatus out;
  Take(in, "version", out.version);
  Take(in, "node", out.node);
  Take(in, "keytab", out.keytab);
  Take(in, "keytab_error", out.keytab_error);
  Take(in, "pid", out.pid);
  Take(in, "started", out.started);
  TakeList(in, "identities", out.identities, TakeIdentity);
  TakeList(in, "peers", out.peers, TakePeer);
  Take(in, "contexts", out.contexts);
  Take(in, "handshakes_running", out.handshakes_running);
  Take(in, "handshakes_waiting", out.handshakes_waiting);
  Take(in, "claims", out.claims);
  TakeList(in, "failures", out.failures, TakeFailure);
  Take(in, "failures_omitted", out.failures_omitted);
  return out;
}

}  // namespace funnel::ctl
