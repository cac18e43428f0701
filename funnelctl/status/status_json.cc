
#include "funnelctl/json.h"
#include "funnelctl/status/status_view.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

// It was parsed once already; null if there was no answer.
Json Raw(const std::string& text) {
  Json parsed = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return parsed.is_object() ? parsed : Json();
}

Json Text(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json Services(const NodeView& view) {
  Json out = Json::array();
  if (!view.configuration) return out;
  for (const config::ServiceConfig& service : view.configuration->services) {
    const ChannelStatus* suite = WorstSealed(view, service);
    out.push_back({{"service", service.name.text()},
                   {"protocol", ProtocolWord(service.protocol)},
                   {"role", RoleWord(service.role)},
                   {"peer", service.peer.empty() ? Json() : Json(service.peer)},
                   {"state", DescribeService(view, service)},
                   {"suite", suite ? Json(*suite->suite) : Json()},
                   {"suite_reason", suite ? Text(suite->suite_reason) : Json()}});
  }
  return out;
}

Json Counters(const NodeView& view) {
  Json out = Json::object();
  for (const metrics::CounterFileEntry& entry : view.counters) {
    if (!entry.snapshot) {
      out[entry.file] = {{"error", entry.snapshot.error().message}};
      continue;
    }
    const metrics::Snapshot& snapshot = *entry.snapshot;
    Json values = Json::object();
    for (const metrics::CounterValue& value : snapshot.values) values[value.name] = value.value;
    out[entry.file] = {{"alive", snapshot.alive},     {"pid", snapshot.pid},
                       {"started", snapshot.started}, {"starts", snapshot.starts},
                       {"beat", snapshot.beat},       {"values", std::move(values)}};
  }

  return out;
}

}  // namespace

std::string RenderJson(const NodeView& view) {
  Json out = {{"node", Text(view.node_name())},
              {"when", view.now},
              {"problems", FindProblems(view)},
              {"sctpd", Raw(view.sctpd.json)},
              {"sctpd_error", Text(view.sctpd.error)},
              {"authd", Raw(view.authd.json)},
              {"authd_error", Text(view.authd.error)},
              {"configuration_mistakes", view.mistakes},
              {"services", Services(view)},
              {"counters", Counters(view)}};

  return out.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + '\n';
}

}  // namespace funnel::ctl
