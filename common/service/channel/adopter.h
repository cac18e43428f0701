// The acceptor's side: takes channels that sctpd hands over on the service socket, fetches their
// contexts from authd with the one-time claims, and owns the channels while they live.
//
// Thread: the loop's.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "common/ipc/control_connection.h"
#include "common/service/channel/channel_link.h"
#include "common/service/channel/edge_channel.h"
#include "common/service/shared_state.h"

namespace funnel::service {

class Adopter final : private EdgeChannel::Owner {
 public:
  // The limit for adoptions that wait for authd, and that for connections of sctpd.
  static constexpr std::size_t kMaxPending = 256;
  static constexpr std::size_t kMaxConnections = 64;

  // LISTENING is the service socket. ON_CHANGE: a channel came or went.
  [[nodiscard]] static Result<std::unique_ptr<Adopter>> Create(SharedState& shared,
                                                               UniqueFd listening,
                                                               std::function<void()> on_change);
  ~Adopter() override;

  // Final: takes nothing new, and closes all channels with FAREWELL.
  void Stop();
  [[nodiscard]] bool stopped() const { return stopping_ && channels_.empty(); }
  // Since when there has been no channel and no connection that brings one; nullopt: there is one.
  [[nodiscard]] std::optional<TimePoint> IdleSince() const;
  [[nodiscard]] const std::vector<std::unique_ptr<EdgeChannel>>& channels() const {
    return channels_;
  }

 private:
  // A channel that has no keys yet.
  struct Pending final : ChannelLink::Handler {
    Adopter& adopter;
    std::string peer;
    ChannelId id;
    std::uint32_t budget = 0;
    std::unique_ptr<ChannelLink> link;
    AuthdClient::RequestId request = 0;

    explicit Pending(Adopter& owner) : adopter(owner) {}
    ~Pending() override;
    void OnFrame(const wire::FrameHeader&, MutableByteView) override {}
    void OnLinkLost(const LinkLoss&) override { adopter.Forget(*this); }
    void OnFlush() override {}
  };

  Adopter(SharedState& shared, std::function<void()> on_change)
      : shared_(shared), on_change_(std::move(on_change)) {}
  void OnConnection(ForeignFd fd);
  // An ADOPT: redeems its claim. Any other message ends the connection.
  void OnMessage(ipc::ControlConnection& connection, ByteView packet, ForeignFd fd);
  // Counts and logs a refusal; the owner drops what was offered.
  void Refuse(const std::string& why);
  // authd's answer to the claim: starts the channel with the key, or ends the adoption.
  void OnContext(Pending& pending, AuthdClient::Answer answer);
  // Destroys the adoption and cancels its request.
  void Forget(Pending& pending);
  void OnChannelOver(EdgeChannel& channel, const ChannelEnd& end) override;

  SharedState& shared_;
  std::function<void()> on_change_;
  bool stopping_ = false;
  TimePoint last_channel_end_ = Now();
  std::unique_ptr<ipc::ControlListener> listener_;
  std::vector<std::unique_ptr<ipc::ControlConnection>> connections_;
  std::list<std::unique_ptr<Pending>> pending_;
  std::vector<std::unique_ptr<EdgeChannel>> channels_;
};

}  // namespace funnel::service
