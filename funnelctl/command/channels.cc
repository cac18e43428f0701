// funnelctl channels: joins funnel-sctpd's view of every channel with that of the channel's edge,
// which alone knows who is at the other end and which keys are in use.
#include <algorithm>
#include <ctime>

#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

struct Seen {
  std::string service;
  Json edge;   // an entry of an edge's `channels`, or null
  Json sctpd;  // the same for funnel-sctpd's list
};

const Json* FindById(const Json& channels, const std::string& service, const Json& edge_channel) {
  for (const Json& one : channels) {
    if (TextOf(one, "service") == service &&
        NumberOf(one, "channel") == NumberOf(edge_channel, "channel"))
      return &one;
  }
  return nullptr;
}

// All channels: first those of edges, then those that only funnel-sctpd knows (relayed, refused,
// waiting).
std::vector<Seen> Join(const Json& sctpd, const std::vector<Json>& edges) {
  std::vector<Seen> out;
  std::vector<const Json*> taken;
  for (const Json& edge : edges) {
    const std::string service = TextOf(edge, "service");
    for (const Json& channel : ListOf(edge, "channels")) {
      const Json* other = FindById(ListOf(sctpd, "channels"), service, channel);
      taken.push_back(other);
      out.push_back({service, channel, other == nullptr ? Json() : *other});
    }
  }

  for (const Json& channel : ListOf(sctpd, "channels")) {
    if (std::find(taken.begin(), taken.end(), &channel) == taken.end())
      out.push_back({TextOf(channel, "service"), Json(), channel});
  }
  return out;
}

// The edge's value, if it has one; otherwise funnel-sctpd's.
std::string Either(const Seen& seen, const char* key) {
  const std::string text = TextOf(seen.edge, key);
  return text.empty() ? TextOf(seen.sctpd, key) : text;
}

void AddChannel(const Seen& seen, std::int64_t now, Table& table) {
  const bool has_edge = !seen.edge.is_null();
  const Json& main = has_edge ? seen.edge : seen.sctpd;
  auto edge_number = [&](const char* key) {
    return has_edge ? std::to_string(NumberOf(seen.edge, key)) : std::string("-");
  };
  const auto rtt = MillisecondsOf(seen.edge, "rtt_ms");

  // An edge numbers its own channels; relayed ones have funnel-sctpd's number.
  const bool relayed = !has_edge && TextOf(seen.sctpd, "role") == "relay";
  const std::string number =
      relayed ? std::to_string(NumberOf(seen.sctpd, "number")) : edge_number("number");
  const auto stream = MaybeNumberOf(seen.sctpd, "stream");

  table.AddRow({has_edge || relayed ? Shown(seen.service + "/" + number) : "-", Shown(seen.service),
                Shown(TextOf(main, "peer")), Shown(TextOf(main, "role")),
                stream ? std::to_string(*stream) : "-", Shown(TextOf(main, "state")),
                PrintSince(NumberOf(main, "since"), now), Shown(TextOf(seen.edge, "enctype")),
                edge_number("epoch"), rtt ? PrintMilliseconds(*rtt) : "-",
                edge_number("sessions")});

  const std::string local = Either(seen, "local_principal");
  if (!local.empty())
    table.AddNote("we are " + Shown(local) + ", they are " +
                  Shown(Either(seen, "remote_principal")));
  if (const auto suite = MaybeNumberOf(seen.edge, "suite"))
    table.AddNote(PrintSuite(*suite, TextOf(seen.edge, "suite_reason")));
  const std::string differ = TextOf(seen.edge, "modules_differ");
  if (!differ.empty()) table.AddNote(Shown(differ));
  const std::string reason = TextOf(seen.sctpd, "reason");
  if (!reason.empty()) table.AddNote("reason: " + Shown(reason));
}

std::string Render(const std::vector<Seen>& channels) {
  if (channels.empty()) return "No channel.\n";
  Table table({"CHANNEL", "SERVICE", "PEER", "ROLE", "STREAM", "STATE", "SINCE", "ENCTYPE", "EPOCH",
               "RTT", "SESSIONS"});
  for (const Seen& seen : channels) AddChannel(seen, std::time(nullptr), table);
  return table.Print();
}

Json AsJson(const std::vector<Seen>& channels) {
  Json out = Json::array();
  for (const Seen& seen : channels)
    out.push_back({{"service", seen.service}, {"edge", seen.edge}, {"sctpd", seen.sctpd}});
  return out;
}

}  // namespace

int RunChannels(const Options& options) {
  int status = kExitOk;
  const Daemon sctpd{"funnel-sctpd", SctpdSocket(options)};
  auto of_sctpd = AskJson(sctpd, "status");
  if (!of_sctpd) status = Complain(Explain(sctpd, of_sctpd.error()));
  std::vector<Json> of_edges;

  for (const Daemon& edge : AllEdges(options)) {
    auto answer = AskJson(edge, "status");
    if (answer) {
      of_edges.push_back(*std::move(answer));
    } else if (!NotRunning(answer.error())) {
      status = Complain(Explain(edge, answer.error()));
    }
  }

  const std::vector<Seen> channels = Join(of_sctpd.value_or(Json()), of_edges);
  options.json ? PrintJson(AsJson(channels)) : PrintText(Render(channels));
  return status;
}

}  // namespace funnel::ctl
