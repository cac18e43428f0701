// Frames from edges: sealed frames go out on their channel's stream; OPEN takes a stream, CLOSED
// returns it, and a NOTE says what status should show. Owned by the ChannelTable. It has no state:
// all that changes is the channel.
#pragma once

#include <optional>

#include "funnel-sctpd/channel/channel_ends.h"
#include "funnel-sctpd/channel/refusals.h"
#include "funnel-sctpd/channel/send_turns.h"

namespace funnel::sctpd {

class EdgeFrames final : public FrameTaker {
 public:
  struct Parts {
    SharedState& shared;
    Associations& associations;
    LinkTable& links;
    ChannelEnds& ends;
    Refusals& refusals;
  };
  // All of PARTS outlive it.
  explicit EdgeFrames(const Parts& parts) : parts_(parts) {}

  [[nodiscard]] Taken TakeFromLink(Channel& channel, ByteView frame) override;

 private:
  // Reads the frame's header, and calls one of the four below.
  [[nodiscard]] Taken Dispatch(Channel& channel, ByteView frame);
  [[nodiscard]] Taken OnSealed(Channel& channel, const wire::FrameHeader& header, ByteView frame);
  [[nodiscard]] Taken OnOpen(Channel& channel, const wire::FrameHeader& header, ByteView frame);
  [[nodiscard]] Taken OnClosed(Channel& channel, const wire::FrameHeader& header, ByteView frame);
  [[nodiscard]] Taken OnNote(Channel& channel, ByteView frame);

  // The pinned stream, if the configuration pins one; nullopt: none is free.
  [[nodiscard]] std::optional<StreamId> ChooseStream(const Channel& channel) const;
  // Counts the frame in WHY and drops it; the link takes that as kYes.
  [[nodiscard]] Taken Discard(Channel& channel, Counter why);

  Parts parts_;
};

}  // namespace funnel::sctpd
