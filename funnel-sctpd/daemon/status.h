// What funnelctl status shows about sctpd: one JSON object (funnelctl/status_schema.md).
#pragma once

#include <string>
#include <vector>

#include "funnel-sctpd/association/association_table.h"
#include "funnel-sctpd/channel/channel_table.h"

namespace funnel::sctpd {

struct StatusInput {
  const SharedState& shared;
  const AssociationTable& associations;
  const ChannelTable& channels;
  std::vector<std::string> listen;
  std::int64_t started_unix = 0;
};

[[nodiscard]] std::string MakeStatus(const StatusInput& input);

}  // namespace funnel::sctpd
