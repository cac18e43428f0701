// What edges send: sealed frames go out on their channel's stream; OPEN takes a stream, CLOSED
// gives it back, and a NOTE says what to show. Owned by the ChannelTable. It owns nothing: all that
// changes is the channel.
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
  [[nodiscard]] Taken Dispatch(Channel& channel, ByteView frame);
  [[nodiscard]] Taken OnSealed(Channel& channel, const wire::FrameHeader& header, ByteView frame);
  [[nodiscard]] Taken OnOpen(Channel& channel, const wire::FrameHeader& header, ByteView frame);
  [[nodiscard]] Taken OnClosed(Channel& channel, const wire::FrameHeader& header, ByteView frame);
  [[nodiscard]] Taken OnNote(Channel& channel, ByteView frame);

  // The pinned one, where the configuration pins it; nullopt: none is free.
  [[nodiscard]] std::optional<StreamId> ChooseStream(const Channel& channel) const;
  // Taken all the same.
  [[nodiscard]] Taken Discard(Channel& channel, Counter why);

  Parts parts_;
};

}  // namespace funnel::sctpd
