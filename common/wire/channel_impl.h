// The parts of a channel, in one class over several files: channel_input.cc (frames and records),
// channel_messages.cc (order and delivery), channel_sessions.cc (the owner's calls),
// channel_output.cc (packing), channel_rekey.cc, channel_life.cc (timers and ends).
//
// A callback may end any session or the channel. So each of the owner's calls that may end a
// session holds the table, and every loop looks at phase or state again after a callback.
#pragma once

#include <deque>
#include <vector>

#include "common/wire/channel.h"
#include "common/wire/channel_context.h"
#include "common/wire/channel_limits.h"
#include "common/wire/credit_ledger.h"
#include "common/wire/datagram_queue.h"
#include "common/wire/epochs.h"
#include "common/wire/keepalive.h"
#include "common/wire/lifecycle.h"
#include "common/wire/rekeying.h"
#include "common/wire/session_table.h"

namespace funnel::wire {

class Channel::Impl {
 public:
  Impl(Role role, ChannelId id, const ChannelSettings& settings, EpochKeys first,
       ChannelObserver& observer, TimePoint now, BootTime boot_now);
  ~Impl();

  // channel_input.cc
  void OnSealed(MutableByteView frame, TimePoint now, BootTime boot_now);

  // channel_sessions.cc
  std::optional<SessionId> OpenSession(const SessionInfo& info);
  bool SendDatagram(SessionId session, ByteView datagram);
  std::size_t SendBytes(SessionId session, ByteView bytes);
  MutableByteView PrepareBytes(SessionId session);
  void CommitBytes(SessionId session, std::size_t count);
  std::size_t Writable(SessionId session);
  std::optional<std::uint64_t> SendMessage(SessionId session, ByteView bytes, Order order,
                                           std::uint64_t after);
  void SendFin(SessionId session);
  void ResetSession(SessionId session, EndCode code);
  void FinishAndReset(SessionId session);
  void EndSession(SessionId session);
  void Resume(SessionId session);

  // channel_rekey.cc
  void StartRekey(ByteView token);
  void AnswerRekey(ByteView token, EpochKeys next);
  void InstallEpoch(EpochKeys next);
  void RekeyFailed();

  // channel_life.cc
  void Ping(std::uint64_t value, TimePoint now);
  void SendHello(ByteView body);
  void Close(EndCode code, const std::string& text);
  void OnLinkClosed(bool abrupt, TimePoint now);
  std::optional<TimePoint> NextTimer() const;
  void OnTimer(TimePoint now, BootTime boot_now);

  // channel_output.cc
  Flushed Flush(FrameSink& sink, TimePoint now, BootTime boot_now);
  bool WantsFlush() const;

  [[nodiscard]] State state() const { return static_cast<State>(life_.state()); }
  [[nodiscard]] bool is_draining() const { return life_.IsDraining(); }
  [[nodiscard]] bool takes_sessions() const { return life_.TakesSessions(); }
  [[nodiscard]] Epoch epoch() const { return epochs_.current().number; }
  [[nodiscard]] const ChannelStats& stats() const { return context_.stats; }
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
  [[nodiscard]] std::optional<SessionStats> StatsOf(SessionId id) const;
  [[nodiscard]] Duration round_trip() const { return keepalive_.round_trip(); }
  [[nodiscard]] BootTime expires() const { return epochs_.current().keys.expires; }
  void SetTracer(FrameTracer* tracer) { context_.tracer = tracer; }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_ + datagrams_.size(); }
  [[nodiscard]] std::size_t undelivered_bytes() const { return undelivered_bytes_; }

 private:
  void Touch(TimePoint now, BootTime boot_now) {
    context_.now = now;
    context_.boot_now = boot_now;
  }
  // --- input
  void Admit(EpochState& epoch, MutableByteView token, std::uint32_t lifetime_ms);
  bool CheckConfirm(EpochState& epoch, ByteReader& records);
  void ConfirmEpoch(EpochState& epoch);
  void HandleRecords(EpochState& epoch, const SealedHeader& header, ByteReader& records);
  [[nodiscard]] static bool MayExpire(const Record& record);
  void Handle(const PaddingRecord&) {}
  void Handle(const SkippedRecord&) {}
  void Handle(const DatagramRecord& record);
  void Handle(const MessageRecord& record);
  void Handle(const OpenSessionRecord& record);
  void Handle(const CreditRecord& record);
  void Handle(const ChannelCreditRecord& record);
  void Handle(const SessionsRecord& record);
  void Handle(const ResetRecord& record);
  void Handle(const EndSessionRecord& record);
  void Handle(const PingRecord& record);
  void Handle(const PongRecord& record);
  void Handle(const ConfirmRecord& record);
  void Handle(const RekeyRecord& record);
  void Handle(const NewEpochRecord& record);
  void Handle(const FarewellRecord& record);
  void Handle(const HelloRecord& record);
  void Handle(const ShareRecord& record);

  // --- delivery
  void DiscardMessage(Session& session, const MessageRecord& record);
  void DeliverMessage(Session& session, const MessageRecord& record);
  void Pump(Session& session);
  std::size_t Offer(Session& session, ByteView bytes);
  void DeferReset(Session& session, const ResetRecord& record);
  void AfterFin(Session& session);
  void EndIfOver(Session& session);

  // --- sessions
  // The session that a record names; nullptr: it has ended, or (violation) cannot be.
  [[nodiscard]] Session* FindNamed(SessionId id);
  void Forget(Session& session);
  void ReleaseBuffers(Session& session);
  void AbandonSession(Session& session, EndCode code);
  void ViolateSession(Session& session);
  void HeedShare();
  [[nodiscard]] std::size_t Room(const Session& session) const;
  void DropOutput(Session& session);
  void RefuseWriter(Session& session);
  void WaitForChannel(Session& session);
  void ConsiderWriter(Session& session);
  void ConsiderFullWriters();
  void NotifyWriters();
  void NotifySessionsAvailable();

  // --- output
  void TakeTurn(Session& session);
  void LeaveTurn(Session& session);
  [[nodiscard]] SessionList* ListOf(Session::Turn turn);
  [[nodiscard]] Session::Turn TurnFor(const Session& session) const;
  [[nodiscard]] bool CanSeal() const;
  [[nodiscard]] bool HasControlDue() const;
  void CollectControl();
  [[nodiscard]] bool MustAnnounceEpoch() const;
  [[nodiscard]] std::size_t SealOverhead() const;
  [[nodiscard]] std::size_t FixedOverhead() const;
  [[nodiscard]] std::size_t SmallRoom() const;
  [[nodiscard]] std::size_t BulkRoom() const;
  [[nodiscard]] std::size_t ChunkCapacity(const Session& session) const;
  enum class Sent { kFrame, kNothing, kSinkFull };
  Sent SendNext(FrameSink& sink);
  void BeginFrame();
  bool SealFrame(FrameSink& sink, MutableByteView out, bool reliable,
                 std::span<const ByteView> pieces);
  void TraceOutgoing(const TracedFrame& frame, std::span<const ByteView> pieces) const;
  void TraceDrop(Epoch epoch, std::size_t size, std::string_view why) const;
  Sent SendPacked(FrameSink& sink);
  Sent SendDatagrams(FrameSink& sink);
  Sent SendBulk(FrameSink& sink);
  void PackControl(std::size_t room);
  void PackDatagrams(std::size_t room);
  void PackSmallSessions(std::size_t room);
  bool PackOne(Session& session, std::size_t room);
  [[nodiscard]] std::size_t Pending(const Session& session) const;
  [[nodiscard]] static std::size_t LeastOf(const Session& session, std::size_t pending);
  [[nodiscard]] MessageRecord NextMessage(const Session& session, std::size_t room,
                                          std::size_t most) const;
  void AppendMessage(const MessageRecord& record, const SendQueue& queue);
  void MessageSent(Session& session, const MessageRecord& record);

  // --- rekey
  // The owner is asked for keys when the present epoch is worn out.
  void CheckRekey();
  [[nodiscard]] TimePoint Steady(BootTime when) const;
  void SwitchEpoch(EpochState& next);
  void DeliverRekeyToken();

  // --- life
  void Violated(const std::string& text);
  void BeginClose(EndCode code, const std::string& text, bool clean);
  void End(EndCode code, const std::string& text, bool clean);
  void End(const EndState& end) { End(end.code, end.text, end.clean); }
  void ResetAllSessions(EndCode code, bool keep_complete);
  void CheckFarewell();
  void CheckEpochs();
  void CheckPings();
  void CheckStuck();
  void WatchForStuck(Duration patience);
  [[nodiscard]] Duration PatienceWith(const Session& session) const;

  ChannelContext context_;
  Lifecycle life_;

  Epochs epochs_;
  EpochState* receiving_ = nullptr;  // of the frame that is being handled
  SealedHeader receiving_header_;
  Rekeying rekeying_{context_.role, context_.settings, epochs_, context_.control};

  SessionTable sessions_{context_.role, context_.settings.max_sessions};
  std::size_t early_datagram_bytes_ = 0;

  Keepalive keepalive_;
  CreditLedger ledger_{context_, sessions_, keepalive_};
  std::vector<SessionId> ready_writers_;
  std::deque<SessionId> full_writers_;  // refused because the channel's queue was full

  SessionList small_, bulk_;
  std::size_t small_left_ = 0;  // sessions of small_ still to serve before the next bulk frame
  DatagramQueue datagrams_;
  ChunkPool pool_;
  Bytes scratch_;
  std::size_t queued_bytes_ = 0;
  std::size_t undelivered_bytes_ = 0;

  std::optional<TimePoint> stuck_check_;
};

}  // namespace funnel::wire
