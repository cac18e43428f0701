// What tests of peers' frames and OPENs need in addition to parts_harness.h: turns, a side with
// edges, and relays that relay only if the configuration says so.
#pragma once

#include "funnel-sctpd/channel/edge_frames.h"
#include "funnel-sctpd/channel/edge_side.h"
#include "funnel-sctpd/channel/peer_opens.h"
#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {

class OpenParts : public ChannelParts {
 protected:
  OpenParts() : association(MakeUp()) {}
  ~OpenParts() override { channels.Clear(); }

  // A channel that holds STREAM of the association, with a link.
  Channel& Holder(ChannelRole role, std::uint16_t stream, ChannelId id) {
    Channel& channel = Add(role);
    Link(channel);
    channel.TakeStream(*association, StreamId(stream), id);
    channel.SetState(ChannelState::kOpening, "");
    return channel;
  }
  static std::vector<wire::FrameType> OutputOf(const Channel& channel) {
    std::vector<wire::FrameType> types;
    for (const Bytes& frame : static_cast<const TestLink&>(*channel.link).output)
      types.push_back(TestEdge::TypeOf(frame));
    return types;
  }
  std::uint64_t Count(Counter counter) { return counters[counter].value(); }

  std::unique_ptr<Association> association;
  std::unique_ptr<event::Loop> loop = *event::Loop::Create();
  std::unique_ptr<event::EpollSet> edges = *event::EpollSet::Create(*loop);
  Refusals refusals;
  EdgeSide edge_side{shared, ends};
  EdgeFrames edge_frames{{shared, associations, links, ends, refusals}};
  SendTurns turns{shared, edge_frames};
  Relays relays{{shared, associations, *this, channels, links, pending, turns, ends, refusals}};
  PeerOpens opens{{shared, associations, *edges, *this, channels, links, pending, turns, ends,
                   edge_side, refusals, relays}};
};

}  // namespace funnel::sctpd
