// What `funnelctl status` says about peers, services and channels.
#include "funnelctl/path_notes.h"
#include "funnelctl/status/status_view.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

std::string Omitted(std::int64_t count) {
  return count <= 0 ? "" : "  ... and " + std::to_string(count) + " more\n";
}

std::string PlainState(const AssociationStatus& association) {
  if (association.state == "verifying") return "proving identity";
  if (association.state == "waiting") return "down, will retry";
  return Shown(association.state);
}

const PeerVerification* FindVerification(const NodeView& view, const std::string& peer) {
  if (!view.authd.status || peer.empty()) return nullptr;
  for (const PeerVerification& candidate : view.authd.status->peers) {
    if (candidate.peer == peer) return &candidate;
  }
  return nullptr;
}

void AddAssociationNotes(const NodeView& view, const AssociationStatus& association, Table& table) {
  if (!association.reason.empty()) table.AddNote("last problem: " + Shown(association.reason));
  if (association.retry_in_ms) {
    table.AddNote("next try in " +
                  PrintMilliseconds(static_cast<double>(*association.retry_in_ms)));
  }

  AddPathNotes(association, table);
  const PeerVerification* verification = FindVerification(view, association.peer);
  if (verification == nullptr) return;

  if (verification->state == "verified") {
    std::string until = verification->expires ? " until " + PrintTime(*verification->expires) : "";
    table.AddNote("is " + Shown(verification->principal) + until + "; we are " +
                  Shown(verification->identity));
    if (verification->suite)
      table.AddNote("proven in " + PrintSuite(*verification->suite, verification->suite_reason));
  } else if (!verification->reason.empty()) {
    table.AddNote("identity: " + Shown(verification->reason));
  }
}

std::string Where(const config::ServiceConfig& service) {
  if (service.protocol == config::Protocol::kCommand)
    return service.role == config::Role::kConnect ? "runs " + service.exec.written : "funnel-run";
  if (service.role == config::Role::kConnect)
    return (service.protocol == config::Protocol::kSocks ? "connects to " : "backend ") +
           service.ConnectsTo();
  std::string out = "listens on ";
  for (std::size_t i = 0; i < service.listen_address.size(); ++i)
    out += (i == 0 ? "" : ", ") + service.listen_address[i].text();
  return out;
}

std::string ToWhom(const config::ServiceConfig& service) {
  if (service.role == config::Role::kListen) return "to " + service.peer;
  return service.peer.empty() ? "from any peer" : "from " + service.peer;
}

void AddChannelNotes(const ChannelStatus& channel, Table& table) {
  if (!channel.local_principal.empty() || !channel.remote_principal.empty()) {
    table.AddNote("we are " + Shown(channel.local_principal) + ", they are " +
                  Shown(channel.remote_principal));
  }
  if (!channel.reason.empty()) {
    table.AddNote("reason: " + Shown(channel.reason) +
                  (channel.reason_authenticated ? " (authenticated)" : ""));
  }
  if (channel.queued_bytes > 0)
    table.AddNote(PrintBytes(channel.queued_bytes) + " wait for the edge");
  if (channel.frames_dropped > 0)
    table.AddNote(std::to_string(channel.frames_dropped) + " frames dropped");
}

// From the edge's own counters.
void AddClientNotes(const NodeView& view, const config::ServiceConfig& service, Table& table) {
  const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
  if (counters == nullptr || !counters->alive) return;
  const auto client_at = static_cast<std::int64_t>(counters->Value("client_limited_at"));
  if (client_at > 0)
    table.AddNote("a client was turned away or had to wait " + PrintSince(client_at, view.now) +
                  " ago, by client-allow or a limit for each client; the log of its edge says "
                  "which");
  const auto peer_at = static_cast<std::int64_t>(counters->Value("peer_limited_at"));
  if (peer_at > 0)
    table.AddNote("a far end was turned away or had to wait " + PrintSince(peer_at, view.now) +
                  " ago, by a limit for each far end; the log of its edge says which");
}

// From the same.
void AddModuleNotes(const NodeView& view, const config::ServiceConfig& service, Table& table) {
  const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
  if (counters == nullptr || !counters->alive) return;
  const auto count = static_cast<std::int64_t>(counters->Value("channels_modules_differ"));
  if (count <= 0) return;
  table.AddNote(Counted(count, "channel", "channels") +
                " with another module at the other end, or none at one end; funnelctl channels "
                "says what it costs");
}

void AddAcceptNotes(const NodeView& view, const config::ServiceConfig& service, Table& table) {
  if (const std::string why = WhyNotAccepting(view, service); !why.empty())
    table.AddNote("does not accept: " + why);
  else if (const std::string far = WhyFarEndServesNot(view, service); !far.empty())
    table.AddNote(far);
}

}  // namespace

std::string RenderAssociations(const NodeView& view) {
  if (!view.sctpd.status) return {};
  Table table(
      {"PEER", "STATE", "SINCE", "ADDRESS", "CARRIER", "RTT", "CHANNELS", "SENT", "RECEIVED"});
  for (const AssociationStatus& association : view.sctpd.status->associations) {
    table.AddRow({association.peer.empty() ? "(unverified)" : Shown(association.peer),
                  PlainState(association), PrintSince(association.since, view.now),
                  Shown(association.address), Shown(association.carrier),
                  association.srtt_ms ? PrintMilliseconds(*association.srtt_ms) : "-",
                  std::to_string(association.channels), PrintBytes(association.bytes_sent),
                  PrintBytes(association.bytes_received)});
    AddAssociationNotes(view, association, table);
  }

  std::string body = table.empty() ? "  none: no peer is configured\n" : table.Print();
  return "Associations\n" + body + Omitted(view.sctpd.status->associations_omitted);
}

std::string RenderServices(const NodeView& view) {
  if (!view.configuration || view.configuration->services.empty()) return {};
  Table table({"SERVICE", "PROTOCOL", "STATE", "PEER", ""});
  for (const config::ServiceConfig& service : view.configuration->services) {
    table.AddRow({service.name.text(), std::string(ProtocolWord(service.protocol)),
                  DescribeService(view, service), ToWhom(service), Where(service)});
    if (const ChannelStatus* channel = WorstSealed(view, service))
      table.AddNote("sealed in " + PrintSuite(*channel->suite, channel->suite_reason));
    AddAcceptNotes(view, service, table);
    AddClientNotes(view, service, table);
    AddModuleNotes(view, service, table);
  }
  return "Services\n" + table.Print();
}

std::string RenderChannels(const NodeView& view) {
  if (!view.sctpd.status || view.sctpd.status->channels.empty()) return {};
  Table table({"CHANNEL OF", "STATE", "SINCE", "PEER", "ROLE", "STREAM", "SENT", "RECEIVED"});
  for (const ChannelStatus& channel : view.sctpd.status->channels) {
    table.AddRow({Shown(channel.service), Shown(channel.state), PrintSince(channel.since, view.now),
                  Shown(channel.peer), Shown(channel.role),
                  channel.stream ? std::to_string(*channel.stream) : "-",
                  PrintBytes(channel.bytes_sent), PrintBytes(channel.bytes_received)});
    AddChannelNotes(channel, table);
  }
  return "Channels\n" + table.Print() + Omitted(view.sctpd.status->channels_omitted);
}

}  // namespace funnel::ctl
