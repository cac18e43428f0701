// How the services' channels are sealed: whether the peers support what is configured, what is in
// use, and who else can read it.
#include <algorithm>

#include "common/config/check/warnings.h"
#include "common/seal/key_shares.h"
#include "funnelctl/doctor/checks.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {
namespace {

constexpr std::uint16_t kSuiteOfOldNodes = 1;

bool RefusesOldNodes(const std::vector<std::uint16_t>& suites) {
  return !suites.empty() && std::ranges::find(suites, kSuiteOfOldNodes) == suites.end();
}

// Why the service has no sealed channel; empty: it has one, or nobody has tried.
std::string WhyNone(const Context& context, const config::ServiceConfig& service) {
  for (const ChannelStatus& channel : context.view.sctpd.status->channels)
    if (channel.service == service.name.text() && !channel.suite && !channel.reason.empty())
      return Shown(channel.reason);
  return {};
}

// A node of version 0.1 proves itself in suite 1; but a newer one may be configured so, too.
bool MayBeOld(const Context& context, const std::string& name) {
  if (!context.view.authd.status) return false;
  return std::ranges::any_of(
      context.view.authd.status->peers, [&name](const PeerVerification& peer) {
        return (name.empty() || peer.peer == name) && peer.suite == kSuiteOfOldNodes;
      });
}

Finding OfService(const Context& context, const config::ServiceConfig& service) {
  if (const ChannelStatus* channel = WorstSealed(context.view, service))
    return Ok("sealed in " + PrintSuite(*channel->suite, channel->suite_reason));
  if (!RefusesOldNodes(service.suites)) return Ok("no channel is up now");

  const std::string why = WhyNone(context, service);
  const std::string peer = service.peer.empty() ? "a peer" : "peer " + service.peer;
  const std::string todo = "upgrade that node, or write 1 at the end of `suites` in services.d/" +
                           service.name.text() + ".ini until it is";

  if (MayBeOld(context, service.peer)) {
    const std::string text = "`suites` has no 1, and " + peer +
                             " has proven itself in suite 1, which is all that nodes of version "
                             "0.1 have: they are refused (bad version)";
    return why.empty() ? Warning(text, todo) : Wrong(text + "; the last try says: " + why, todo);
  }

  if (why.empty()) return Ok("no channel is up now; nodes of version 0.1 are refused");
  return Warning(
      "`suites` has no 1, so that nodes of version 0.1 are refused; the last try says: " + why,
      todo);
}

}  // namespace

Findings CheckSuites(const Context& context) {
  Findings out;
  for (const config::Mistake& missing :
       config::FindMissingSuites(*context.configuration(), seal::HasSuite))
    out.push_back(Warning(missing.Print(), "OpenSSL 3.5 or later has them all"));
  if (!context.view.sctpd.status) return out;
  for (const config::ServiceConfig& service : context.configuration()->services) {
    if (service.role == config::Role::kRelay) continue;
    out.push_back(OfService(context, service));
    out.back().subject = service.name.text();
  }
  return out;
}

Findings CheckKeyLogs(const Context& context) {
  Findings out;
  for (const metrics::CounterFileEntry& entry : context.view.counters) {
    if (!entry.snapshot || !entry.snapshot->alive || entry.snapshot->Value("key_log") != 1)
      continue;
    out.push_back(Warning(Shown(entry.file) +
                              " writes its keys to a file: whoever reads it can read and forge "
                              "what the service carries",
                          "once the fault is found: take key-log out, reload, delete the file"));
  }
  if (out.empty()) out.push_back(Ok("no service writes its keys to a file"));
  return out;
}

}  // namespace funnel::ctl::doctor
