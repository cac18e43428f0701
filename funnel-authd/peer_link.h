// @peer on one association: proves to sctpd which configured peer is at its far end, and goes on
// proving it. sctpd relays the frames of stream 0 and learns the verdict only.
//
// The side that connected opens the channel; where both did, the OPEN of the node with the lower
// name wins. After the two HELLOs the association is verified. The channel then renews itself by
// rekeys; if it is lost (the far authd started again) the opener opens another one.
//
// Thread: the loop's; tokens are made and accepted in the pools.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/wire/frame/frame.h"
#include "funnel-authd/handshake.h"
#include "funnel-authd/peer_channel.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

class PeerLink {
 public:
  enum class State { kIdle, kOpening, kOpenSent, kAccepting, kConfirming, kVerified, kFailed };

  PeerLink(SharedState& shared, ClientId sctpd, AssociationId association, std::uint64_t instance);
  ~PeerLink();

  // We connected the association to this configured peer.
  void Start(const std::string& peer);
  void OnFrame(Bytes frame);
  // After a reload: ends what the configuration no longer allows.
  void Recheck();

  [[nodiscard]] State state() const { return state_; }
  // The configured peer, once known.
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] const PeerChannel* channel() const { return channel_.get(); }
  [[nodiscard]] std::int64_t since() const { return since_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  void SetState(State state, const std::string& reason = {});
  void Send(const wire::FrameHeader& header, ByteView body);

  // --- as initiator
  void Open();
  void OnBegun(Result<BegunOpen> begun);
  void OnOpened(ByteView body);
  void OnFinished(Result<Established> established);
  void OnRefused(ByteView body);

  // --- as acceptor
  void OnOpen(ChannelId channel, const Bytes& body);
  void OnAccepted(ChannelId channel, const Bytes& open_body, Result<gss::Acceptance> acceptance);
  // IDENTITY: of the channel that is established; PEER: its configured name.
  void OnConcluded(PeerChannel::Identity identity, const std::string& peer,
                   Result<ConcludedOpen> concluded);
  void Refuse(ChannelId channel, Bytes refused_body, const std::string& principal,
              const std::string& why);

  // --- established
  void Establish(PeerChannel::Identity identity, Established established);
  void OnHello(const wire::HelloBody& hello);
  void OnRekeyDue(Epoch next);
  void OnRekeyToken(Epoch next, Bytes token);
  void FinishOurRekey(Epoch next, Bytes reply);
  void AcceptTheirRekey(Epoch next, Bytes body);
  // From inside a callback the channel takes no RekeyFailed: in the next turn.
  void RekeyFailedLater();
  void OnChannelEnded(const std::string& text);

  // No verdict, or no longer. While a refusal is on its way to the peer, the report to sctpd waits
  // a moment: sctpd aborts the association.
  void Fail(const std::string& text, Duration delay = {});
  // Calls THEN with work's outcome if this link still is in the attempt it was begun in. FINALLY is
  // called before, on the loop too, whatever has become of the link.
  template <typename Outcome>
  [[nodiscard]] bool Run(
      event::WorkPool& pool, std::move_only_function<Outcome()> work,
      std::move_only_function<void(Outcome)> then, std::function<void()> finally = [] {});

  SharedState& shared_;
  const ClientId sctpd_;
  const AssociationId association_;
  const std::uint64_t instance_;
  State state_ = State::kIdle;
  std::string peer_;
  bool opener_ = false;  // we connected, so we open
  std::string reason_;
  std::int64_t since_ = 0;

  // Attempts are numbered: what belongs to an earlier one is dropped.
  std::shared_ptr<std::uint64_t> attempt_ = std::make_shared<std::uint64_t>(0);
  ChannelId channel_id_;
  std::optional<BegunOpen> begun_;
  std::optional<BegunRekey> rekey_;
  std::unique_ptr<PeerChannel> channel_;
  std::unique_ptr<PeerChannel> ended_;  // destroyed in a later turn
  std::optional<ChannelId> told_closed_;
  std::unique_ptr<event::Timer> later_;  // reopen, or report a failure to sctpd
  std::function<void()> then_later_;
};

template <typename Outcome>
bool PeerLink::Run(event::WorkPool& pool, std::move_only_function<Outcome()> work,
                   std::move_only_function<void(Outcome)> then, std::function<void()> finally) {
  return pool.Submit(
      peer_.empty() ? std::string(wire::kPeerService)
                    : std::string(wire::kPeerService) + " " + peer_,
      [attempts = attempt_, attempt = *attempt_, work = std::move(work), then = std::move(then),
       finally = std::move(finally)]() mutable -> event::WorkPool::Answer {
        return [attempts, attempt, outcome = work(), then = std::move(then),
                finally = std::move(finally)]() mutable {
          finally();
          if (*attempts == attempt) then(std::move(outcome));
        };
      });
}

}  // namespace funnel::authd
