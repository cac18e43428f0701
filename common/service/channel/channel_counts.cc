#include "common/service/channel/channel_counts.h"

#include "common/service/counters.h"

namespace funnel::service {
namespace {

using wire::ChannelStats;

constexpr struct {
  Counter counter;
  std::uint64_t ChannelStats::* figure;
} kFigures[] = {
    {kFramesSent, &ChannelStats::frames_sent},
    {kFramesReceived, &ChannelStats::frames_received},
    {kPayloadBytesSent, &ChannelStats::bytes_sent},
    {kPayloadBytesReceived, &ChannelStats::bytes_received},
    {kFramesReplayed, &ChannelStats::replays},
    {kFramesForged, &ChannelStats::forged},
    {kFramesWrongEpoch, &ChannelStats::wrong_epoch},
    {kFramesTooOld, &ChannelStats::too_old},
    {kViolations, &ChannelStats::violations},
    {kDatagramsLate, &ChannelStats::late_datagrams},
    {kDatagramsDropped, &ChannelStats::datagrams_dropped},
    {kSessionsOpenedByDatagram, &ChannelStats::sessions_opened_by_datagram},
    {kSessionsOpenedByFrame, &ChannelStats::sessions_opened_by_frame},
    {kOpeningsRepeated, &ChannelStats::openings_repeated},
    {kSessionsStuck, &ChannelStats::sessions_stuck},
    {kKeysWornOut, &ChannelStats::keys_worn_out},
    {kMessagesFree, &ChannelStats::messages_free},
    {kMessagesOrdered, &ChannelStats::messages_ordered},
    {kMessagesFollows, &ChannelStats::messages_follows},
    {kMessagesAfterAll, &ChannelStats::messages_after_all},
    {kMessagesOvertook, &ChannelStats::messages_overtook},
};

}  // namespace

std::uint64_t ChannelCounts::Take(const ChannelStats& now) {
  for (const auto& [counter, figure] : kFigures)
    if (const std::uint64_t grown = now.*figure - taken_.*figure) counters_[counter] += grown;
  const std::uint64_t stuck = now.sessions_stuck - taken_.sessions_stuck;
  taken_ = now;
  return stuck;
}

}  // namespace funnel::service
