// The accounts of one channel: what each session and all of them together may send and were
// granted (credit.h), and how the room for undelivered messages is shared (shared_buffer.h). Owned
// by the channel; calls nothing but the session table.
//
// Every message is charged once (Receive, Spend), and once consumed or given up its charge is
// granted again (Consume, Settle): the sum of the sessions' accounts is the channel's.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/keepalive.h"
#include "common/wire/frame/violation.h"
#include "common/wire/session/credit.h"
#include "common/wire/session/session_table.h"
#include "common/wire/session/shared_buffer.h"

namespace funnel::wire {

class CreditLedger {
 public:
  // KEEPALIVE knows the round trip.
  CreditLedger(ChannelContext& context, SessionTable& sessions, const Keepalive& keepalive);

  // --- receiving
  // A message of COST came in SESSION.
  [[nodiscard]] Checked<> Receive(Session& session, std::uint64_t cost);
  // COST will never be undelivered again: the peer may send as much more.
  void Consume(Session& session, std::uint64_t cost);
  // The same of all that SESSION has not delivered.
  void ConsumeAll(Session& session);
  // SESSION holds more than before, or less.
  void Note(Session& session);
  // The peer reset SESSION after FINAL_CHARGE in all: nothing more is awaited of it.
  [[nodiscard]] Checked<> Settle(Session& session, std::uint64_t final_charge);
  // SESSION ends. What its window had grown is free for others.
  void TakeBackGrowth(Session& session);
  // SESSION was removed from the table.
  void Forget(Session& session) { NoteHeld(session, 0); }

  // CREDIT, CHANNEL_CREDIT and SHARE, as they stand now.
  [[nodiscard]] bool HasDue() const { return !credit_due_.empty() || channel_credit_due_; }
  void WriteDue();

  // --- sending
  // False: an older limit than is known.
  bool OnCredit(Session& session, const CreditRecord& record);
  void OnChannelCredit(const ChannelCreditRecord& record);
  void OnShare(const ShareRecord& record);
  // Whether sessions are to heed a SHARE that came. Once.
  [[nodiscard]] bool TakeShareReceived() { return std::exchange(share_received_, false); }

  // How much of SESSION's credit may be used: less than all while the peer is short of room.
  [[nodiscard]] std::uint64_t Usable(const Session& session) const;
  // Whether the channel's credit allows a message of BYTES; if not, it is waited for.
  [[nodiscard]] bool Allows(std::size_t bytes);
  [[nodiscard]] bool is_waiting() const { return waiting_; }
  [[nodiscard]] std::uint64_t available() const { return sent_.available(); }
  // A message of BYTES of SESSION is in a frame.
  void Spend(Session& session, std::size_t bytes);

 private:
  void NoteHeld(Session& session, std::uint64_t held);
  [[nodiscard]] bool IsCreditDue(const Session& session) const;
  void WriteShare();

  ChannelContext& context_;
  SessionTable& sessions_;
  const Keepalive& keepalive_;

  ReceiveCredit received_ = ReceiveCredit::Shared(kInitialChannelCredit);
  SharedBuffer buffer_;
  std::uint64_t growth_left_;  // what all sessions' windows together may still grow
  std::vector<SessionId> credit_due_;
  bool channel_credit_due_ = false;

  SendCredit sent_{kInitialChannelCredit};
  bool waiting_ = false;  // credit of the channel is short for what is next
  Restraint restraint_;   // what the peer's SHARE asks of us
  bool share_received_ = false;
};

}  // namespace funnel::wire
