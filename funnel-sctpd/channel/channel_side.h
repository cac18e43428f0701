// What a channel is joined to on this side of its association: an edge (edge_side.h), or, at a
// relay, the channel with the next hop (relay_side.h). Where the two differ, the code that handles
// channels makes one of these calls. Owned by the ChannelTable; outlives the channels.
#pragma once

#include <string_view>

#include "common/base/bytes.h"
#include "common/wire/frame/frame.h"

namespace funnel::sctpd {

class Channel;

class ChannelSide {
 public:
  virtual ~ChannelSide() = default;

  // The link has no more input, and never will have: CHANNEL loses it.
  virtual void OnLinkClosed(Channel& channel) = 0;
  // OPENED or REFUSED was read from the link. False: the frame does not belong there.
  [[nodiscard]] virtual bool OnAnswer(Channel& channel, wire::FrameType type, ByteView frame) = 0;
  // A frame was appended to the link: CHANNEL is closed if too much waits there.
  virtual void OnQueued(Channel& channel) = 0;
  // Why CHANNEL is given up after its deadline.
  [[nodiscard]] virtual std::string_view no_answer() const = 0;

  // What status calls CHANNEL.
  [[nodiscard]] virtual std::string_view RoleText(const Channel& channel) const = 0;
  // Whether the configuration still has CHANNEL.
  [[nodiscard]] virtual bool IsConfigured(const Channel& channel) const = 0;
  // Whether CHANNEL may carry connections that no edge here reports.
  [[nodiscard]] virtual bool HidesConnections(const Channel& channel) const = 0;
};

}  // namespace funnel::sctpd
