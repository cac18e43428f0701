// One live channel of an edge: ties together the wire protocol, the channel socket, rekeying at
// authd, and the application's callbacks.
//
// Owned by a ChannelKeeper (initiator) or the Adopter (acceptor). When it is over it notifies its
// owner, from the loop; the owner then destroys it.
//
// It has more methods than a class of one idea should, because it passes calls on: of 44, 28 are
// overrides of ChannelHandle, wire::ChannelObserver, ChannelLink::Handler and
// ChannelSecurity::User, which call the part that they concern.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/event/loop.h"
#include "common/service/application.h"
#include "common/service/channel/channel_counts.h"
#include "common/service/channel/channel_ending.h"
#include "common/service/channel/channel_identity.h"
#include "common/service/channel/channel_link.h"
#include "common/service/channel/channel_notes.h"
#include "common/service/channel/channel_security.h"
#include "common/service/channel/channel_tracer.h"
#include "common/service/channel/module_ends.h"
#include "common/service/channel/pings.h"
#include "common/service/shared_state.h"

namespace funnel::service {

class EdgeChannel final : public ChannelHandle,
                          private wire::ChannelObserver,
                          private ChannelLink::Handler,
                          private ChannelSecurity::User {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnChannelOver(EdgeChannel& channel, const ChannelEnd& end) = 0;
    // The peer has closed it and it takes no new sessions; OnChannelOver follows when slow readers
    // have read all. It must not be destroyed from within.
    virtual void OnChannelDraining(EdgeChannel& /*channel*/, wire::EndCode /*code*/) {}
  };
  struct Setup {
    wire::Role role = wire::Role::kInitiator;
    ChannelId id;
    std::string peer;
    std::uint32_t budget = 0;  // the largest frame that fits one packet; 0: unknown
    ipc::Context context;
  };

  // Fails when the context is of no use. Nothing happens before Start().
  [[nodiscard]] static Result<std::unique_ptr<EdgeChannel>> Create(
      SharedState& shared, std::unique_ptr<ChannelLink> link, Setup setup, Owner& owner);

  // Notifies the application, and takes frames from now on.
  void Start();
  // Sends FAREWELL; OnChannelOver follows when it was sent.
  void Close(wire::EndCode code, const std::string& text);
  // The rule that allowed the channel is gone.
  void OnRevoked(const std::string& reason) override;
  // For funnelctl. DONE is called once.
  void Ping(Duration timeout, Pings::Done done) { pings_.Add(timeout, std::move(done)); }
  void SetTracing(bool on) { wire_->SetTracer(on ? &tracer_ : nullptr); }
  [[nodiscard]] ChannelSecurity& security() { return security_; }
  [[nodiscard]] const std::string& cost_of_modules() const { return modules_.cost(); }

  // ChannelHandle
  wire::Channel& wire() override { return *wire_; }
  const ChannelIdentity& identity() const override { return identity_; }
  const std::optional<EndModule>& peer_module() const override { return modules_.theirs(); }
  void RequestFlush() override { link_ ? link_->RequestFlush() : turn_->Request(); }
  void TraceMessage(SessionId session, std::uint64_t number, const MessageLabel& label) override {
    TraceLabel(session, number, label);
  }
  void TraceDatagram(SessionId session, const MessageLabel& label) override {
    TraceLabel(session, std::nullopt, label);
  }

 private:
  EdgeChannel(SharedState& shared, std::unique_ptr<ChannelLink> link, ChannelIdentity identity,
              const ipc::Context& context, Owner& owner);
  // For a reader of the trace; without NUMBER about a datagram.
  void TraceLabel(SessionId session, std::optional<std::uint64_t> number,
                  const MessageLabel& label);
  // Sends sctpd what it shows of the channel.
  void Note(ipc::NoteState state, const std::string& text);
  // Finishes a channel that is over, when no call of it is on the stack.
  void EndTurn();
  // Counts, logs and reports the end; the owner then destroys this object.
  void Finish();
  // Sends CLOSED with CODE, and gives the link to Linger.
  void GiveUpLink(wire::ClosedCode code);
  // Sends a NOTE when it changes whether connections would end with the channel.
  void ReportUse();
  // Whether this service carries what came. If not, the channel ends: peers of version 0.1.0 do not
  // say what their service carries, and both ends would wait for ever.
  [[nodiscard]] bool Carries(config::Protocol what);
  // Where no session could say to what it is to be connected the channel ends.
  void RequireKind();
  // Ends the channel because the two ends do not carry the same, as TEXT says.
  void RefuseKind(const std::string& text);
  // Adds the channel's figures to the edge's counters.
  void UpdateCounters();
  void ArmTimer() { timer_->Arm(wire_->NextTimer()); }

  // ChannelLink::Handler
  void OnFrame(const wire::FrameHeader& header, MutableByteView frame) override;
  void OnLinkLost(const LinkLoss& loss) override;
  void OnFlush() override;

  // wire::ChannelObserver
  void OnConfirmed() override;
  void OnSessionOpened(SessionId session, const wire::SessionInfo& info) override;
  void OnDatagram(SessionId session, ByteView datagram) override {
    OnMarkedDatagram(session, datagram, 0);
  }
  void OnMarkedDatagram(SessionId session, ByteView datagram, std::uint8_t dscp) override;
  std::size_t OnMessage(SessionId session, ByteView bytes) override;
  void OnFin(SessionId session) override;
  void OnSessionReset(SessionId session, wire::EndCode code) override;
  void OnWritable(SessionId session) override;
  void OnSessionsAvailable() override;
  void OnPong(std::uint64_t value, Duration round_trip) override {
    pings_.OnPong(value, round_trip);
  }
  void OnRekeyDue(Epoch next) override { security_.OnRekeyDue(next); }
  void OnRekeyToken(Epoch next, ByteView token) override { security_.OnRekeyToken(next, token); }
  void OnEpochInUse(Epoch) override { security_.OnEpochInUse(); }
  void OnRekeyRefused() override { security_.OnRekeyRefused(); }
  bool OnModule(const wire::ModuleRecord& module) override { return modules_.OnTheirs(module); }
  void OnServing() override { shared_.application->OnChannelChanged(*this); }
  void OnDraining(wire::EndCode code) override;
  void OnEnded(wire::EndCode code, const std::string& text, bool clean) override;

  // ChannelSecurity::User
  void StartRekey(ByteView token) override;
  void UseKeys(wire::EpochKeys keys, ByteView reply) override;
  void OnRekeyFailed() override;

  SharedState& shared_;
  Owner& owner_;
  const ChannelIdentity identity_;
  ChannelTracer tracer_;
  Pings pings_;
  ChannelSecurity security_;
  ChannelNotes notes_;
  ChannelCounts counts_;
  ModuleEnds modules_;
  ChannelEnding ending_;
  std::unique_ptr<ChannelLink> link_;  // nullptr while it drains
  std::unique_ptr<wire::Channel> wire_;
  std::unique_ptr<event::Timer> timer_;
  std::unique_ptr<event::TurnHook> turn_;
};

}  // namespace funnel::service
