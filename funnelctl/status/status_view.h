// All that `funnelctl status` knows about a node at one moment, and how it is shown. Rendering does
// no I/O, so that tests can show any state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/model.h"
#include "common/metrics/reader.h"
#include "funnelctl/status/status_model.h"

namespace funnel::ctl {

// One of the two daemons that can be asked.
template <typename Status>
struct Answer {
  std::optional<Status> status;
  std::string error;  // why there is no status
  std::string json;   // unchanged; empty without a status
};

struct NodeView {
  std::int64_t now = 0;  // seconds since 1970
  std::string config_dir;
  std::optional<config::Configuration> configuration;
  std::size_t mistakes = 0;  // why there is no configuration
  Answer<SctpdStatus> sctpd;
  Answer<AuthdStatus> authd;
  std::vector<metrics::CounterFileEntry> counters;
  std::string counters_error;

  // The daemon's counter file, if there is a valid one.
  [[nodiscard]] const metrics::Snapshot* FindCounters(std::string_view daemon) const;
  [[nodiscard]] std::string node_name() const;
};

// What an administrator should look at, the worst first, one sentence each. Remote text is escaped.
[[nodiscard]] std::vector<std::string> FindProblems(const NodeView& view);

// "running", "died 3 min ago", ..., from its counter file alone.
[[nodiscard]] std::string DescribeLife(const metrics::Snapshot* counters, std::int64_t now);
// "funnel-udpd@dns".
[[nodiscard]] std::string EdgeName(const config::ServiceConfig& service);
// What a service is doing, in a few words.
[[nodiscard]] std::string DescribeService(const NodeView& view,
                                          const config::ServiceConfig& service);
// Why a service's listening sockets answer no new connections (accept-when); empty: they do.
[[nodiscard]] std::string WhyNotAccepting(const NodeView& view,
                                          const config::ServiceConfig& service);
// Why the far end of a service with [listen] lets new connections wait or refuses them, as it says;
// empty: it does not.
[[nodiscard]] std::string WhyFarEndServesNot(const NodeView& view,
                                             const config::ServiceConfig& service);
// One of the service's channels that have keys: if possible, one whose suite is not the best of
// this end. nullptr: none has keys.
[[nodiscard]] const ChannelStatus* WorstSealed(const NodeView& view,
                                               const config::ServiceConfig& service);

[[nodiscard]] std::string RenderText(const NodeView& view);
[[nodiscard]] std::string RenderJson(const NodeView& view);

// Parts of RenderText; each begins with its title, or is empty.
[[nodiscard]] std::string RenderDaemons(const NodeView& view);
[[nodiscard]] std::string RenderAssociations(const NodeView& view);
[[nodiscard]] std::string RenderServices(const NodeView& view);
[[nodiscard]] std::string RenderChannels(const NodeView& view);
[[nodiscard]] std::string RenderIdentities(const NodeView& view);
[[nodiscard]] std::string RenderRefusals(const NodeView& view);
[[nodiscard]] std::string RenderFailures(const NodeView& view);
[[nodiscard]] std::string RenderCounters(const NodeView& view);

}  // namespace funnel::ctl
