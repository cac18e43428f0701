// One channel's protocol state: sealed frames in, deliveries out; sessions, order, credit, epochs.
// It does no I/O, reads no clock and holds no key material outside its FrameCiphers
// (man/funnel-protocol.7).
//
// It dispatches: a record or a call goes to the part that is responsible for it (the members,
// below). If a part finds that the peer broke a rule, the channel ends here.
//
// Owned by an edge (common/service), one thread. Call order: construct with the first epoch's
// cipher -> OnSealed() for each SEALED frame, the sending calls at will, Flush() when the input is
// drained, OnTimer() when NextTimer() is due -> until state() is kEnded. Observer callbacks come
// from inside OnSealed(), OnLinkClosed(), OnTimer(), Resume(), Close() and Flush().
//
// An acceptor seals nothing before it has opened a frame of the initiator's: until then Flush()
// keeps what waits. The initiator has its CONFIRM to send from the start, and may open sessions and
// send at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/credit_ledger.h"
#include "common/wire/channel/delivery.h"
#include "common/wire/channel/epoch_keys.h"
#include "common/wire/channel/epochs.h"
#include "common/wire/channel/frame_packer.h"
#include "common/wire/channel/frame_sealer.h"
#include "common/wire/channel/keepalive.h"
#include "common/wire/channel/lifecycle.h"
#include "common/wire/channel/observer.h"
#include "common/wire/channel/rekeying.h"
#include "common/wire/channel/scheduler.h"
#include "common/wire/channel/send_buffer.h"
#include "common/wire/channel/service_state.h"
#include "common/wire/channel/session_ends.h"
#include "common/wire/channel/settings.h"
#include "common/wire/channel/stuck_watch.h"
#include "common/wire/channel/tracer.h"
#include "common/wire/frame/frame_sink.h"
#include "common/wire/frame/types.h"
#include "common/wire/frame/violation.h"
#include "common/wire/session/datagram_terms.h"
#include "common/wire/session/receive_buffer.h"
#include "common/wire/session/session_table.h"

namespace funnel::wire {

// What Flush() leaves behind.
enum class Flushed {
  kAll,       // nothing waits
  kSinkFull,  // call again when the sink has room
  kAgain,     // the owner sent something from within: call again, at the end of the next turn say
};

class Channel {
 public:
  using State = ChannelState;

  Channel(Role role, ChannelId id, const ChannelSettings& settings, EpochKeys first,
          ChannelObserver& observer, TimePoint now, BootTime boot_now);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // --- input
  // One whole SEALED frame as it came, header included; opened in place. Never fails: forged and
  // repeated frames are counted, a violation ends the session or the channel.
  void OnSealed(MutableByteView frame, TimePoint now, BootTime boot_now);
  // CLOSED or REFUSED came (unauthenticated), or the link died. Not abrupt (CLOSED "done"): it may
  // have overtaken frames on their way; FAREWELL and what it promised are waited for, for a limited
  // time. Abrupt (any other): nothing can come any more. Without FAREWELL the channel ends as
  // truncated.
  void OnLinkClosed(bool abrupt, TimePoint now);

  // --- sessions (initiator opens)
  // nullopt: the peer's limit of sessions or ours is reached; OnSessionsAvailable follows.
  [[nodiscard]] std::optional<SessionId> OpenSession(const SessionInfo& info);
  // The same for a flow of datagrams whose first one follows: what opens it goes with that
  // datagram, or with each until the far side has answered in it. Without a datagram the flow never
  // gets to the far side.
  [[nodiscard]] std::optional<SessionId> OpenFlow(const SessionInfo& info);
  // False: unknown session (it ended meanwhile) or larger than 65,507 bytes; dropped and counted.
  // Without TERMS it has the lifetime of the settings.
  bool SendDatagram(SessionId session, ByteView datagram);
  bool SendDatagram(SessionId session, ByteView datagram, const DatagramTerms& terms);
  // A piece of the ORDERED chain of this session (a TCP byte stream). Returns how many bytes were
  // taken: bounded by credit and by the send queue; OnWritable says when to offer the rest. The
  // bytes are copied. Once a session has sent bytes it sends no message; bytes behind messages come
  // after all of those.
  [[nodiscard]] std::size_t SendBytes(SessionId session, ByteView bytes);
  // The same without the copy: a place to read(2) into, at most about one bulk frame, empty when
  // the session takes nothing now (OnWritable follows) or is unknown. CommitBytes says how much of
  // it was filled, 0 included; no other call to this channel in between.
  [[nodiscard]] MutableByteView PrepareBytes(SessionId session);
  void CommitBytes(SessionId session, std::size_t count);
  // How many bytes SendBytes would take now.
  [[nodiscard]] std::size_t Writable(SessionId session) const;
  // One message with an order of its own, whole or (nullopt, OnWritable follows) not at all; a long
  // one goes out in pieces that arrive as one unit. AFTER is the earlier message that a kFollows
  // one follows. Returns its number for that purpose.
  [[nodiscard]] std::optional<std::uint64_t> SendMessage(SessionId session, ByteView bytes,
                                                         Order order, std::uint64_t after = 0);
  // The same for a piece of a unit: another piece of it follows. What is sent next goes on with the
  // unit, whatever order is given; the first that SendMessage sends ends it. So do SendFin, and
  // bytes, by an empty piece.
  [[nodiscard]] std::optional<std::uint64_t> SendPiece(SessionId session, ByteView bytes,
                                                       Order order, std::uint64_t after = 0);
  // The longest message that SendMessage would send in one MESSAGE now; 0: no such session.
  [[nodiscard]] std::size_t PieceRoom(SessionId session) const { return send_.PieceRoom(session); }
  // Whether either would take something now; if not OnWritable follows.
  [[nodiscard]] bool TakesMessage(SessionId session) { return send_.TakesMessage(session); }
  // No more from us: the peer's OnFin comes after all that was sent. A session both of whose
  // directions have FIN is over without OnSessionReset.
  void SendFin(SessionId session);
  void ResetSession(SessionId session, EndCode code);
  // With kBroken, behind what was sent: the peer gets all of that before the reset. What it still
  // sends is dropped.
  void FinishAndReset(SessionId session);
  // A UDP flow that expired.
  void EndSession(SessionId session);
  // The output of this session takes bytes again: may call OnMessage and OnFin before it returns.
  void Resume(SessionId session);

  // --- channel
  void Ping(std::uint64_t value, TimePoint now);
  void SendHello(ByteView body);  // @peer only
  // Once; nothing goes out where Feature::kModules was not agreed on.
  void SendModule(const ModuleRecord& module);
  // Acceptor: what its service does with new sessions from now on. Nothing goes out where that is
  // known, or Feature::kServing was not agreed on.
  void ReportServing(Serving serving);
  void StartRekey(ByteView token);                   // initiator, after OnRekeyDue
  void AnswerRekey(ByteView token, EpochKeys next);  // acceptor, after OnRekeyToken
  void InstallEpoch(EpochKeys next);                 // initiator, after OnRekeyToken
  void RekeyFailed();                                // the old epoch goes on to its limit
  // The authenticated end: live sessions are reset, then FAREWELL goes out behind everything else
  // that is queued. The channel is over (OnEnded) when Flush() has handed FAREWELL to the sink.
  void Close(EndCode code, const std::string& text);

  // TRACER sees every sealed frame from now on; nullptr: no tracing. It outlives the channel.
  void SetTracer(FrameTracer* tracer) { context_.tracer = tracer; }

  // --- output
  // Packs what waits into frames and seals them until nothing waits or the sink is full. OnWritable
  // and OnSessionsAvailable come from its end; what the owner then sends waits for the next Flush.
  [[nodiscard]] Flushed Flush(FrameSink& sink, TimePoint now, BootTime boot_now);
  [[nodiscard]] bool WantsFlush() const;
  [[nodiscard]] std::optional<TimePoint> NextTimer() const;
  void OnTimer(TimePoint now, BootTime boot_now);

  [[nodiscard]] State state() const { return life_.state(); }
  // Whether no end has begun.
  [[nodiscard]] bool takes_sessions() const { return life_.TakesSessions(); }
  // The peer has said FAREWELL, all of it is here, and slow readers keep the rest.
  [[nodiscard]] bool is_draining() const { return life_.IsDraining(); }
  // Initiator: what the peer's service does with new sessions, as it said last.
  [[nodiscard]] Serving serving() const { return serving_.state(); }
  [[nodiscard]] Epoch epoch() const { return epochs_.current().number; }
  [[nodiscard]] const ChannelStats& stats() const { return context_.stats; }
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
  // nullopt: no such session.
  [[nodiscard]] std::optional<SessionStats> StatsOf(SessionId session) const;
  // As the last PING between the two ends measured it; zero: not known yet.
  [[nodiscard]] Duration round_trip() const { return keepalive_.round_trip(); }
  // End of the present epoch's security context.
  [[nodiscard]] BootTime expires() const { return epochs_.current().keys.expires; }
  // Bytes held for sending, and received but not yet delivered.
  [[nodiscard]] std::size_t queued_bytes() const { return send_.size(); }
  [[nodiscard]] std::size_t undelivered_bytes() const { return receive_.message_bytes(); }

 private:
  // What each record means for the parts (channel_input.cc).
  class Records;

  // nullptr: none may be opened now.
  [[nodiscard]] Session* NewSession();

  // Notes the time of a call, for all parts.
  void Touch(TimePoint now, BootTime boot_now) {
    context_.now = now;
    context_.boot_now = boot_now;
  }

  // --- channel_input.cc
  // A frame of EPOCH: opens it, and admits each once.
  void Admit(EpochState& epoch, MutableByteView token, std::uint32_t lifetime_ms);
  // The first frame of EPOCH must prove that both ends saw the same handshake.
  [[nodiscard]] bool CheckConfirm(EpochState& epoch, ByteReader& records);
  // The peer has proven that it has the keys of EPOCH: from now on that is the one in use.
  void ConfirmEpoch(EpochState& epoch);
  // Gives each record to the part that it concerns.
  void HandleRecords(EpochState& epoch, const SealedHeader& header, ByteReader& records);
  // A frame is dropped: the tracer gets the reason.
  void TraceDrop(Epoch epoch, std::size_t size, std::string_view why) const;

  // --- channel.cc
  // Hands the token that waits to an acceptor's owner, as soon as it may.
  void DeliverRekeyToken();
  void SwitchEpoch(EpochState& next);
  // What the parts have to report to the peer.
  [[nodiscard]] bool HasControlDue() const;
  // Queues these reports as records.
  void CollectControl();
  // Whether nothing but CONFIRM goes out as yet (settings.confirm_first).
  [[nodiscard]] bool HoldsBack() const;
  // Sends a frame that contains only CONFIRM.
  [[nodiscard]] Flushed SendConfirm(FrameSink& sink);
  // One frame, or FAREWELL as the last one.
  [[nodiscard]] FramePacker::Sent SendNext(FrameSink& sink);
  // The callbacks that wait for the end of a call.
  void NotifyOwner();

  // --- channel_life.cc
  // Ends the channel if the peer broke a rule.
  void Heed(const Checked<>& outcome);
  // The peer broke a rule: ends the channel with FAREWELL, which says TEXT.
  void Violated(std::string_view text);
  // From here on nothing is received; FAREWELL goes out behind what waits, or its time passes.
  void BeginClose(EndCode code, std::string_view text, bool clean);
  void End(EndCode code, std::string_view text, bool clean);
  void End(const EndState& end) { End(end.code, end.text, end.clean); }
  // Ends the channel after the peer's FAREWELL, once nothing is missing and no session is left.
  void CheckFarewell();
  // What the timer does: old epochs, PINGs, a new key, the end of a key that is used up.
  void CheckEpochs();
  void CheckPings();
  void CheckRekey();
  void CheckKeyUse();

  // Each part calls only those above it.
  ChannelContext context_;
  Lifecycle life_;
  Epochs epochs_;
  Keepalive keepalive_;
  ServiceState serving_;
  SessionTable sessions_;
  StuckWatch stuck_;
  ReceiveBuffer receive_;
  CreditLedger ledger_;
  Rekeying rekeying_;
  FrameSealer sealer_;
  Scheduler scheduler_;
  SendBuffer send_;
  SessionEnds ends_;
  Delivery delivery_;
  FramePacker packer_;
};

}  // namespace funnel::wire
