// The ways in which sessions of one channel end, and what is given back then. Owned by the channel.
//
//   both FINs               -> over, without a word
//   the peer's RESET        -> ours answers it; kBroken: once what came before was delivered
//   ours (ResetSession, a violation, a reader that is stuck) -> RESET, and what still comes is only
//                              counted until the peer's answer or FIN (Phase::kReset)
//   FinishAndReset          -> what waits goes out first (Phase::kFinishing)
//   END_SESSION             -> flows of datagrams only
//   the channel's end       -> without records of their own
// Each end is reported to the owner once; one that the owner asked for is not.
#pragma once

#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/credit_ledger.h"
#include "common/wire/channel/send_buffer.h"
#include "common/wire/channel/stuck_watch.h"
#include "common/wire/frame/violation.h"
#include "common/wire/session/receive_buffer.h"
#include "common/wire/session/session_table.h"

namespace funnel::wire {

class SessionEnds {
 public:
  struct Parts {
    ChannelContext& context;
    SessionTable& sessions;
    CreditLedger& ledger;
    SendBuffer& send;
    ReceiveBuffer& receive;
    StuckWatch& stuck;
  };
  // All of PARTS outlive it.
  explicit SessionEnds(const Parts& parts) : parts_(parts) {}

  // --- by the peer
  [[nodiscard]] Checked<> OnReset(Session& session, const ResetRecord& record);
  void OnEndSession(Session& session);
  // A message, charged, of a session that we reset before it came: it only counts.
  void OnDiscarded(Session& session, const MessageRecord& record);
  // A rule of the session's was broken: it ends, the channel goes on.
  [[nodiscard]] Checked<> OnViolation(Session& session);

  // --- by us; the caller reports it to the owner
  [[nodiscard]] Checked<> Reset(Session& session, EndCode code);
  [[nodiscard]] Checked<> FinishAndReset(Session& session);
  [[nodiscard]] Checked<> EndFlow(Session& session);

  // --- because nothing more is to come or go
  // Something of SESSION was delivered.
  void EndIfOver(Session& session);
  // Something of SESSION went out; FIN: the last of it.
  void AfterSending(Session& session, bool fin);
  // Resets those in which nothing moved for too long.
  [[nodiscard]] Checked<> ResetStuck();

  // --- with the channel
  void EndAll(EndCode code);
  // The peer sends nothing more: only sessions of which everything has come go on.
  void EndIncomplete(EndCode code);

 private:
  // RESET of a session that ended at the peer, after what it sent before.
  void Defer(Session& session, const ResetRecord& record);
  // Our RESET goes out; what the peer sent before it learns of that is only counted.
  void Abandon(Session& session, EndCode code);
  void Release(Session& session);
  void Forget(Session& session);
  void End(EndCode code, bool keep_complete);

  Parts parts_;
};

}  // namespace funnel::wire
