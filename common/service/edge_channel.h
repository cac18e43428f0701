// One live channel of an edge: the wire protocol on top, the channel socket below, authd at its
// side for rekeying, and the application's callbacks.
//
// Owned by a ChannelKeeper (initiator) or the Adopter (acceptor). When it is over it notifies its
// owner, from the loop; the owner then destroys it.
#pragma once

#include <memory>
#include <string>

#include "common/event/loop.h"
#include "common/service/application.h"
#include "common/service/channel_counts.h"
#include "common/service/channel_link.h"
#include "common/service/pings.h"
#include "common/service/shared_state.h"
#include "common/service/trace.h"

namespace funnel::service {

// How a channel ended.
struct ChannelEnd {
  wire::EndCode code = wire::EndCode::kNone;
  std::string text;
  bool clean = false;
  bool sctpd_gone = false;
  bool moved = false;  // another association serves now
};

class EdgeChannel final : public ChannelHandle,
                          private wire::ChannelObserver,
                          private ChannelLink::Handler {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnChannelOver(EdgeChannel& channel, const ChannelEnd& end) = 0;
    // The peer has closed it and it takes no new sessions; OnChannelOver follows when slow readers
    // have what is theirs. Not to be destroyed from within.
    virtual void OnChannelDraining(EdgeChannel& /*channel*/, wire::EndCode /*code*/) {}
  };
  struct Setup {
    wire::Role role = wire::Role::kInitiator;
    ChannelId id;
    std::string peer;
    std::uint32_t budget = 0;  // largest frame in one packet
    ipc::Context context;
  };

  // Fails when the context is of no use. Nothing happens before Start().
  [[nodiscard]] static Result<std::unique_ptr<EdgeChannel>> Create(
      SharedState& shared, std::unique_ptr<ChannelLink> link, Setup setup, Owner& owner);
  ~EdgeChannel();

  // Tells the application, and takes frames from now on.
  void Start();
  // Says FAREWELL; OnChannelOver follows when it is out.
  void Close(wire::EndCode code, const std::string& text);
  // authd has restarted, or a rule has gone.
  void Announce();
  void OnRevoked(const std::string& reason);
  // For funnelctl. DONE is called once.
  void Ping(Duration timeout, Pings::Done done) { pings_.Add(timeout, std::move(done)); }
  void TraceMessage(SessionId session, std::uint64_t number, const MessageLabel& label) override;
  void SetTracing(bool on) { wire_->SetTracer(on ? &tracer_ : nullptr); }
  [[nodiscard]] ChannelId id() const { return id_; }
  [[nodiscard]] std::uint16_t enctype() const { return enctype_; }
  [[nodiscard]] std::uint16_t suite() const { return suite_; }
  // Why it is no better; empty: it is the best that this end has.
  [[nodiscard]] const std::string& why_not_better() const { return why_not_better_; }
  [[nodiscard]] std::uint64_t context() const { return security_.context; }
  [[nodiscard]] TimePoint since() const { return since_; }

  // ChannelHandle
  wire::Channel& wire() override { return *wire_; }
  void RequestFlush() override { link_ ? link_->RequestFlush() : turn_->Request(); }
  wire::Role role() const override { return role_; }
  const std::string& peer() const override { return peer_; }
  const std::string& local_principal() const override { return local_principal_; }
  const std::string& remote_principal() const override { return remote_principal_; }
  wire::Features features() const override { return features_; }
  std::uint64_t serial() const override { return serial_; }

 private:
  EdgeChannel(SharedState& shared, std::unique_ptr<ChannelLink> link, Setup&& setup, Owner& owner);
  // By the service's keys; a BUDGET of 0 is unknown.
  [[nodiscard]] wire::ChannelSettings Settings(std::uint32_t budget) const;
  [[nodiscard]] Result<wire::EpochKeys> MakeKeys(Epoch epoch, const ipc::Context& context);
  // What sctpd shows of the channel.
  void Note(ipc::NoteState state, const std::string& text);
  void LogEnd() const;
  // Finishes a channel that is over, where nothing of it is on the stack.
  void EndTurn();
  // Counts, logs and reports the end; the owner then destroys this object.
  void Finish();
  // Sends CLOSED with CODE, and leaves the link to Linger.
  void GiveUpLink(wire::ClosedCode code);
  // Says in NOTE whether connections would end with the channel, when that changes.
  void ReportUse();
  // Whether this service carries what came. The channel ends where it does not: peers of version
  // 0.1.0 do not say what theirs carries, and both ends would wait for ever.
  [[nodiscard]] bool Carries(config::Protocol what);
  void UpdateCounters();
  void ArmTimer();

  // ChannelLink::Handler
  void OnFrame(const wire::FrameHeader& header, MutableByteView frame) override;
  void OnLinkLost(const LinkLoss& loss) override;
  void OnFlush() override;

  // wire::ChannelObserver
  void OnConfirmed() override;
  void OnSessionOpened(SessionId session, const wire::SessionInfo& info) override;
  void OnDatagram(SessionId session, ByteView datagram) override;
  std::size_t OnMessage(SessionId session, ByteView bytes) override;
  void OnFin(SessionId session) override;
  void OnSessionReset(SessionId session, wire::EndCode code) override;
  void OnWritable(SessionId session) override;
  void OnSessionsAvailable() override;
  void OnPong(std::uint64_t value, Duration round_trip) override;
  void OnRekeyDue(Epoch next) override;
  void OnRekeyToken(Epoch next, ByteView token) override;
  void OnEpochInUse(Epoch epoch) override;
  void OnRekeyRefused() override;
  void OnDraining(wire::EndCode code) override;
  void OnEnded(wire::EndCode code, const std::string& text, bool clean) override;

  // Rekeying (edge_channel_rekey.cc)
  void OnRekeyOpening(const ipc::Opening& opening);
  // authd's keys for the next epoch; as acceptor with the token to answer.
  void OnRekeyContext(ipc::Context context);
  // The present key stays; the channel tries again later.
  void RekeyFailed(const std::string& why);

  SharedState& shared_;
  Owner& owner_;
  const wire::Role role_;
  const ChannelId id_;
  const std::string peer_;
  const std::string local_principal_;
  const std::string remote_principal_;
  const wire::Features features_;
  const std::uint16_t suite_;  // for the channel's life
  const bool unproven_;        // nothing but CONFIRM shows who chose it
  const std::string why_not_better_;
  const std::uint64_t serial_;
  const TimePoint since_;

  std::uint16_t enctype_ = 0;  // of the newest epoch
  ChannelTracer tracer_;
  Pings pings_;

  // What authd keeps of an epoch, and what the next rekey is bound to.
  struct Security {
    std::uint64_t context = 0;  // at authd; 0: authd has restarted and does not know it (yet)
    Secret exporter;
  };
  Security security_;             // of the epoch in use
  std::optional<Security> next_;  // of keys that wait to be used
  Epoch rekey_epoch_;
  std::uint64_t rekey_handshake_ = 0;         // initiator: begun, not completed
  AuthdClient::RequestId rekey_request_ = 0;  // one at a time
  AuthdClient::RequestId announce_request_ = 0;

  std::unique_ptr<ChannelLink> link_;  // not any more while it drains
  std::unique_ptr<wire::Channel> wire_;
  std::unique_ptr<event::Timer> timer_;
  std::unique_ptr<event::TurnHook> turn_;
  ChannelCounts counts_;
  bool started_ = false;
  bool over_ = false;
  bool link_lost_ = false;
  std::optional<wire::ClosedCode> closed_code_;  // what CLOSED said, other than that it is done
  struct {
    ipc::NoteState state = ipc::NoteState::kOpen;
    std::string text;
  } noted_;
  bool told_in_use_ = false;
  ChannelEnd end_;
};

}  // namespace funnel::service
