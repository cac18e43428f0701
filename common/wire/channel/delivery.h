// Hands what comes in a session to the owner: datagrams as they come, messages in the order that
// the peer stated, as fast as the reader takes them. Owned by the channel.
//
// OnDatagram, OnMessage and OnFin come from here, and any of them may end the session or the
// channel: so the phase is looked at again behind each.
#pragma once

#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/credit_ledger.h"
#include "common/wire/channel/session_ends.h"
#include "common/wire/channel/stuck_watch.h"
#include "common/wire/frame/violation.h"
#include "common/wire/session/receive_buffer.h"

namespace funnel::wire {

class Delivery {
 public:
  struct Parts {
    ChannelContext& context;
    CreditLedger& ledger;
    ReceiveBuffer& receive;
    StuckWatch& stuck;
    SessionEnds& ends;
  };
  // All of PARTS outlive it.
  explicit Delivery(const Parts& parts) : parts_(parts) {}

  // SESSION, which was expected, is open: the owner gets OnSessionOpened, then what came before
  // that.
  void Open(Session& session, const SessionInfo& info);
  // SESSION nullptr: it has ended. DSCP: as MARK said, 0 without one. One that must wait for what
  // opens its session loses it.
  void OnDatagram(Session* session, ByteView datagram, std::uint8_t dscp = 0);
  [[nodiscard]] Checked<> OnMessage(Session& session, const MessageRecord& record);
  // The reader of SESSION takes bytes again.
  void Resume(Session& session);

 private:
  void Deliver(Session& session, const MessageRecord& record);
  // Delivers what is held and has its turn.
  void Pump(Session& session);
  // A message was delivered; COST: of all that now lies below the first undelivered one and did not
  // before.
  void Delivered(Session& session, std::uint64_t cost);
  // Offers BYTES to the owner; remembers when it does not take all.
  std::size_t Offer(Session& session, ByteView bytes);
  void AfterFin(Session& session);

  Parts parts_;
};

}  // namespace funnel::wire
