// Channels that an edge of ours serves.
#pragma once

#include "funnel-sctpd/channel/channel_ends.h"
#include "funnel-sctpd/channel/channel_side.h"

namespace funnel::sctpd {

class EdgeSide final : public ChannelSide {
 public:
  EdgeSide(SharedState& shared, ChannelEnds& ends) : shared_(shared), ends_(ends) {}

  void OnLinkClosed(Channel& channel) override;
  // An edge may send neither: authd answers for it.
  [[nodiscard]] bool OnAnswer(Channel&, wire::FrameType, ByteView) override { return false; }
  void OnQueued(Channel& channel) override;
  [[nodiscard]] std::string_view no_answer() const override { return "its edge does not answer"; }
  [[nodiscard]] std::string_view RoleText(const Channel& channel) const override {
    return channel.role == ChannelRole::kListen ? "listen" : "connect";
  }
  [[nodiscard]] bool IsConfigured(const Channel& channel) const override;
  // An edge reports them in its notes.
  [[nodiscard]] bool HidesConnections(const Channel&) const override { return false; }

 private:
  SharedState& shared_;
  ChannelEnds& ends_;
};

}  // namespace funnel::sctpd
