// Channels that only pass through this node: two channels, one with each neighbour, are joined in
// memory (relay_link.h). What waits between them is limited for each pair and for all together.
// Owned by the ChannelTable.
#pragma once

#include <optional>
#include <string>

#include "funnel-sctpd/channel/channel_ends.h"
#include "funnel-sctpd/channel/channel_side.h"
#include "funnel-sctpd/relay/relay_link.h"

namespace funnel::sctpd {

class RelaySide final : public ChannelSide {
 public:
  struct Parts {
    SharedState& shared;
    Associations& associations;
    ChannelRegistry& channels;
    LinkTable& links;
    PendingOpens& pending;
    ChannelEnds& ends;
    const RelayTurn& turn;
  };
  // All of PARTS outlive it.
  explicit RelaySide(const Parts& parts) : parts_(parts) {}

  // For the administrator: ends relayed channels of SERVICE, the one with that number (of either
  // side) or all. Returns how many.
  [[nodiscard]] std::size_t Close(const std::string& service, std::optional<std::uint64_t> number);

  // ChannelSide
  void OnLinkClosed(Channel& channel) override;
  [[nodiscard]] bool OnAnswer(Channel& channel, wire::FrameType type, ByteView frame) override;
  void OnQueued(Channel& channel) override;
  [[nodiscard]] std::string_view no_answer() const override {
    return "the next hop does not answer";
  }
  [[nodiscard]] std::string_view RoleText(const Channel&) const override { return "relay"; }
  [[nodiscard]] bool IsConfigured(const Channel& channel) const override;
  [[nodiscard]] bool HidesConnections(const Channel& channel) const override;

 private:
  // The next hop's answer. False: nobody waits for it.
  [[nodiscard]] bool OnOpened(Channel& channel, ByteView frame);
  // REFUSED came instead. False: nobody waits for it.
  [[nodiscard]] bool OnRefused(Channel& channel, ByteView frame);
  // Passes FRAME to CHANNEL's peer.
  void SendOn(Channel& channel, ByteView frame);

  // Whether CHANNEL is one of those that are joined here, and is still joined.
  [[nodiscard]] bool IsJoined(const Channel& channel) const {
    return &channel.side == this && channel.link != nullptr && !channel.ending;
  }
  // The channel with which CHANNEL, which has a link, is joined; nullptr: it is gone.
  [[nodiscard]] Channel* TwinOf(const Channel& channel) const;
  // The relayed channel with most bytes waiting here, of the peer with most bytes waiting here;
  // nullptr: nothing waits.
  [[nodiscard]] Channel* Greediest() const;
  // Closes CHANNEL and its twin; what waits between them is dropped at once.
  void CloseForOverflow(Channel& channel, const std::string& why);
  // The text that says why CHANNEL's queue is full.
  [[nodiscard]] static std::string TooSlow(const Channel& channel);

  Parts parts_;
};

}  // namespace funnel::sctpd
