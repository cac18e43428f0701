// funnelctl services: shows every configured service, what it is and what it does now.
#include "funnelctl/command.h"
#include "funnelctl/command/service_facts.h"
#include "funnelctl/look.h"
#include "funnelctl/print.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

std::string ServicesAsText(const NodeView& view) {
  Table table({"SERVICE", "PROTOCOL", "ROLE", "ADDRESS", "PEER", "SESSIONS", "STATE"});
  for (const config::ServiceConfig& service : view.configuration->services) {
    ServiceFacts facts = FactsOf(view, service);
    table.AddRow({service.name.text(), facts.protocol, facts.role, ShownList(facts.addresses),
                  facts.peer.empty() ? "any" : facts.peer,
                  facts.sessions ? std::to_string(*facts.sessions) : "-", facts.state});
    if (!facts.reason.empty()) table.AddNote("reason: " + facts.reason);
    if (!facts.not_accepting.empty()) table.AddNote("does not accept: " + facts.not_accepting);
  }
  return table.empty() ? "No service is configured.\n" : table.Print();
}

Json ServicesAsJson(const NodeView& view) {
  Json out = Json::array();
  for (const config::ServiceConfig& service : view.configuration->services) {
    ServiceFacts facts = FactsOf(view, service);
    out.push_back({{"service", service.name.text()},
                   {"protocol", facts.protocol},
                   {"role", facts.role},
                   {"addresses", facts.addresses},
                   {"peer", TextOrNull(facts.peer)},
                   {"target", TextOrNull(service.target)},
                   {"state", facts.state},
                   {"reason", TextOrNull(facts.reason)},
                   {"not_accepting", TextOrNull(facts.not_accepting)},
                   {"edge", EdgeName(service)},
                   {"edge_alive", facts.edge_alive},
                   {"channels", facts.channels ? Json(*facts.channels) : Json()},
                   {"sessions", facts.sessions ? Json(*facts.sessions) : Json()}});
  }

  return out;
}

}  // namespace

int RunServices(const Options& options) {
  if (!LoadOrComplain(options)) return kExitFailed;
  NodeView view = LookAtNode(options);
  if (!view.configuration) return Complain("the configuration has just changed: try again");
  options.json ? PrintJson(ServicesAsJson(view)) : PrintText(ServicesAsText(view));
  if (!view.sctpd.status) return Complain("funnel-sctpd does not answer: " + view.sctpd.error);
  return kExitOk;
}

}  // namespace funnel::ctl
