// OPENs that this node relays: each becomes two channels, one with each neighbour, joined in
// memory. Owned by the ChannelTable; RelaySide handles what happens to the two.
#pragma once

#include "funnel-sctpd/channel/refusals.h"
#include "funnel-sctpd/channel/send_turns.h"
#include "funnel-sctpd/relay/relay_routes.h"
#include "funnel-sctpd/relay/relay_side.h"

namespace funnel::sctpd {

class Relays {
 public:
  struct Parts {
    SharedState& shared;
    Associations& associations;
    FrameLinkObserver& observer;
    ChannelRegistry& channels;
    LinkTable& links;
    PendingOpens& pending;
    SendTurns& turns;
    ChannelEnds& ends;
    Refusals& refusals;
  };
  // All of PARTS outlive it; the channels that it joins do not.
  explicit Relays(const Parts& parts);

  // Whether OPEN, for which STREAM is free, must be relayed; then it has been handled.
  [[nodiscard]] bool OnOpen(Association& association, StreamId stream, ChannelId id, ByteView body);
  // Reads from the ends that have input.
  void Run() { turn_.Run(); }
  // As that of RelaySide.
  [[nodiscard]] std::size_t Close(const std::string& service, std::optional<std::uint64_t> number) {
    return side_.Close(service, number);
  }

  [[nodiscard]] const RelayTurn& turn() const { return turn_; }
  void UpdateGauges();

 private:
  // SERVICE relays it: makes the two channels and joins them.
  void Join(Association& association, StreamId stream, ChannelId id, ByteView body,
            const config::ServiceConfig& service);
  void Deny(Association& association, StreamId stream, ChannelId id,
            const config::ServiceConfig& service, const RelayRoutes::Denial& denial);
  // Gives LINK to CHANNEL.
  void SetLink(Channel& channel, std::unique_ptr<FrameLink> link);

  Parts parts_;
  RelayTurn turn_;
  RelayRoutes routes_;
  RelaySide side_;
};

}  // namespace funnel::sctpd
