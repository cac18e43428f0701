// What `funnelctl status` says about identities, refusals and failures.
#include <algorithm>

#include "funnelctl/status/status_view.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

// Enough to look at once; --json has all of them.
constexpr std::size_t kNewestShown = 10;

std::string PrintTicket(const IdentityStatus& identity, std::int64_t now) {
  // It has never initiated.
  if (!identity.ticket_expires) return "-";
  if (*identity.ticket_expires <= now) return "EXPIRED " + PrintTime(*identity.ticket_expires);
  return "until " + PrintTime(*identity.ticket_expires);
}

std::string Services(const std::vector<std::string>& services) {
  std::string out;
  for (const std::string& service : services) out += (out.empty() ? "" : " ") + Shown(service);
  return out.empty() ? "(peers)" : out;
}

// A daemon may list the newest first or last.
template <typename Event>
std::vector<Event> Newest(std::vector<Event> events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.when > b.when; });
  if (events.size() > kNewestShown) events.resize(kNewestShown);
  return events;
}

std::string Title(std::string_view what, std::size_t all, std::int64_t omitted) {
  std::string out(what);
  if (all > kNewestShown || omitted > 0)
    out += " (the newest " + std::to_string(std::min(all, kNewestShown)) + ")";
  return out + '\n';
}

}  // namespace

std::string RenderIdentities(const NodeView& view) {
  if (!view.authd.status || view.authd.status->identities.empty()) return {};
  Table table({"IDENTITY", "KEY", "TICKET", "FOR"});
  for (const IdentityStatus& identity : view.authd.status->identities) {
    table.AddRow({Shown(identity.principal), identity.in_keytab ? "in keytab" : "MISSING",
                  PrintTicket(identity, view.now), Services(identity.services)});
    if (!identity.error.empty()) table.AddNote(Shown(identity.error));
  }
  return "Identities\n" + table.Print();
}

std::string RenderRefusals(const NodeView& view) {
  if (!view.sctpd.status || view.sctpd.status->refusals.empty()) return {};
  const SctpdStatus& sctpd = *view.sctpd.status;
  Table table({"WHEN", "SERVICE", "WHO", "REASON"});
  for (const RefusalStatus& refusal : Newest(sctpd.refusals)) {
    bool by_peer = refusal.direction == "in";
    std::string who =
        by_peer ? Shown(refusal.peer) + " refused us" : "we refused " + Shown(refusal.peer);
    // Anyone on the path could have written what is not authenticated.
    table.AddRow(
        {PrintTime(refusal.when), Shown(refusal.service), who,
         Shown(refusal.text) + (by_peer && !refusal.authenticated ? " (not authenticated)" : "")});
  }

  return Title("Refusals", sctpd.refusals.size(), sctpd.refusals_omitted) + table.Print();
}

std::string RenderFailures(const NodeView& view) {
  if (!view.authd.status || view.authd.status->failures.empty()) return {};
  const AuthdStatus& authd = *view.authd.status;
  Table table({"WHEN", "SERVICE", "PEER", "DIRECTION", "WHAT"});
  for (const FailureStatus& failure : Newest(authd.failures)) {
    table.AddRow({PrintTime(failure.when), Shown(failure.service), Shown(failure.peer),
                  failure.direction == "in" ? "accepting" : "initiating", Shown(failure.text)});
    if (!failure.principal.empty()) table.AddNote("principal " + Shown(failure.principal));
  }
  return Title("Failed handshakes", authd.failures.size(), authd.failures_omitted) + table.Print();
}

}  // namespace funnel::ctl
