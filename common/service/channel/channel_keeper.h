// The initiator's side: keeps one channel of a service up.
//
//   kPaused --time--> kAttaching --ATTACHED--> kWaiting --LINK_UP--> kInitiating --authd-->
//      ^                                                                kOpening --OPENED-->
//      |                                                                kCompleting --authd--> kUp
//      '------- whatever fails, anywhere, with a delay that depends on what it was -------------'
//
// Thread: the loop's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ipc/control_connection.h"
#include "common/service/channel/channel_link.h"
#include "common/service/channel/channel_tracer.h"
#include "common/service/channel/edge_channel.h"
#include "common/service/channel/retry_delay.h"
#include "common/service/shared_state.h"

namespace funnel::service {

class ChannelKeeper final : private ChannelLink::Handler, private EdgeChannel::Owner {
 public:
  enum class State { kPaused, kAttaching, kWaiting, kInitiating, kOpening, kCompleting, kUp };
  struct Callbacks {
    std::function<void()> on_change;  // the state or the reason has changed
    // There will be no channel before next_try(), for a reason that nobody on the path can have
    // forged.
    std::function<void(const std::string& reason)> on_pause;
  };

  ChannelKeeper(SharedState& shared, Callbacks callbacks);
  ~ChannelKeeper();

  void Start();
  // Final: closes the channel with FAREWELL, or gives up the attempt.
  void Stop();
  [[nodiscard]] bool stopped() const {
    return stopping_ && channel_ == nullptr && draining_.empty();
  }
  [[nodiscard]] State state() const { return state_; }
  // For STATUS=.
  [[nodiscard]] std::string StatusText() const;
  // The live channel, or nullptr.
  [[nodiscard]] EdgeChannel* channel() { return channel_.get(); }
  // Former channels that the peer has closed and that slow readers still keep.
  [[nodiscard]] const std::vector<std::unique_ptr<EdgeChannel>>& draining() const {
    return draining_;
  }
  // In kPaused: when the pause ends.
  [[nodiscard]] TimePoint next_try() const { return next_try_; }

 private:
  // An OPEN that was sent; exists until the channel is up or the attempt is over.
  struct Open {
    ChannelId id;
    std::uint64_t handshake = 0;  // which authd keeps for us; 0: it was asked to complete it
    bool refused = false;         // by the peer
  };

  void SetState(State state, std::string_view reason);
  // Whether the members fit the state; asserted after each call that may have changed them.
  [[nodiscard]] bool IsConsistent() const;
  // Gives sctpd one end of a new channel socket, and waits for LINK_UP.
  void Attach();
  // sctpd's answer to Attach().
  void OnControlMessage(ByteView packet);
  // Asks authd for the token of OPEN.
  void Initiate();
  // authd has made the token: OPEN is sent.
  void OnInitiated(AuthdClient::Answer answer);
  // The peer's OPENED: authd completes the context with the acceptor's token.
  void OnOpened(ByteView body);
  // The peer's REFUSED: authd looks for a sealed reason in it.
  void OnRefused(ByteView body);
  // authd has the key: the channel starts.
  void OnCompleted(AuthdClient::Answer answer);
  // Ends the attempt and pauses. The link is kept if sctpd can use it again.
  void FailAttempt(RetryDelay::Cause cause, const std::string& reason, bool authenticated);
  // The failure's text is logged; with its code it decides when the next try is.
  void FailByAuthd(const AuthdClient::Failure& failure);
  // Gives up the requests and the handshake at authd; the link stays.
  void DropAttempt();
  // May be called from inside the link's calls.
  void DropLink();
  // Pauses until the next attempt, for a time that depends on CAUSE and on the failures before.
  void PauseFor(RetryDelay::Cause cause);

  // ChannelLink::Handler, until the channel becomes the handler
  void OnFrame(const wire::FrameHeader& header, MutableByteView frame) override;
  void OnLinkLost(const LinkLoss& loss) override;
  void OnFlush() override {}
  // EdgeChannel::Owner
  void OnChannelOver(EdgeChannel& channel, const ChannelEnd& end) override;
  void OnChannelDraining(EdgeChannel& channel, wire::EndCode code) override;

  SharedState& shared_;
  Callbacks callbacks_;
  State state_ = State::kPaused;
  bool stopping_ = false;
  std::string reason_;  // why it is not up
  ChannelTracer tracer_;
  RetryDelay delay_;
  std::unique_ptr<event::Timer> timer_;  // end of the pause, or of the wait for OPENED
  std::unique_ptr<event::TurnHook> clean_up_;

  std::unique_ptr<ipc::ControlConnection> control_;
  std::unique_ptr<ChannelLink> link_;
  std::optional<std::uint32_t> budget_;                // from LINK_UP; nullopt: it has not come
  std::vector<std::unique_ptr<ChannelLink>> dropped_;  // destroyed at the end of the turn
  AuthdClient::RequestId request_ = 0;                 // the request that authd has; 0: none
  std::optional<Open> open_;
  std::unique_ptr<EdgeChannel> channel_;
  std::vector<std::unique_ptr<EdgeChannel>> draining_;
  TimePoint next_try_{};
};

}  // namespace funnel::service
