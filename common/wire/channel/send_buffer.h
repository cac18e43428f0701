// What the owner has given to one channel and no frame carries yet: bytes and messages in the
// queues of their sessions, datagrams in one of their own. How much more it may give, and when
// OnWritable says that it may give more. Owned by the channel.
//
// A writer that was refused waits for its own queue and credit, or, once the channel's queue is
// full, in line with the others that wait for that.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/credit_ledger.h"
#include "common/wire/channel/lifecycle.h"
#include "common/wire/channel/openings.h"
#include "common/wire/channel/scheduler.h"
#include "common/wire/session/datagram_queue.h"
#include "common/wire/session/datagram_terms.h"
#include "common/wire/session/session_table.h"

namespace funnel::wire {

class SendBuffer {
 public:
  struct Parts {
    ChannelContext& context;
    const Lifecycle& life;
    SessionTable& sessions;
    const CreditLedger& ledger;
    const FrameSealer& sealer;
    Scheduler& scheduler;
  };
  // All of PARTS outlive it.
  explicit SendBuffer(const Parts& parts);
  ~SendBuffer();

  // --- the owner's calls, as channel.h says
  bool AddDatagram(SessionId id, ByteView datagram, const DatagramTerms& terms);
  [[nodiscard]] std::size_t AddBytes(SessionId id, ByteView bytes);
  [[nodiscard]] MutableByteView Prepare(SessionId id);
  void Commit(SessionId id, std::size_t count);
  struct MessageOrder {
    Order order = Order::kFree;
    std::uint64_t after = 0;  // kFollows
    bool more = false;        // the unit goes on behind it
  };
  [[nodiscard]] std::optional<std::uint64_t> AddMessage(SessionId id, ByteView bytes,
                                                        MessageOrder order);
  [[nodiscard]] bool TakesMessage(SessionId id);
  [[nodiscard]] std::size_t PieceRoom(SessionId id) const;
  void AddFin(SessionId id);
  [[nodiscard]] std::size_t Writable(SessionId id) const;

  // --- what changes the room
  // The next message of SESSION, of BYTES, is in a frame.
  void Sent(Session& session, std::size_t bytes);
  // SESSION sends nothing more.
  void Drop(Session& session);
  // Credit of SESSION rose.
  void CreditRose(Session& session);
  // True: it shows that the peer knows a session, and concerns nobody else.
  [[nodiscard]] bool OnPong(const PongRecord& record) { return openings_.OnPong(record); }
  // The peer asks for restraint, or for less of it.
  void HeedShare();
  // The channel's queue shrank.
  void ConsiderFullWriters();
  // Calls OnWritable for those that may go on. Not from within a loop over sessions.
  void NotifyWriters();

  // Drops and counts datagrams that waited for too long and are next.
  void DropStaleDatagrams();
  // Those that go next; empty: there are none.
  [[nodiscard]] DatagramQueue& datagrams() { return urgent_.empty() ? datagrams_ : urgent_; }
  [[nodiscard]] const DatagramQueue& datagrams() const {
    return urgent_.empty() ? datagrams_ : urgent_;
  }
  [[nodiscard]] std::size_t size() const {
    return queued_bytes_ + urgent_.size() + datagrams_.size();
  }

 private:
  [[nodiscard]] DatagramQueue& QueueFor(const DatagramTerms& terms) {
    return terms.urgent ? urgent_ : datagrams_;
  }
  // How many more bytes SESSION may queue, by its credit and the limits of both queues.
  [[nodiscard]] std::size_t Room(const Session& session) const;
  [[nodiscard]] bool IsFull() const;
  // The session ID, if it may send messages and there is room for one. If room is short, OnWritable
  // follows.
  [[nodiscard]] Session* FindForMessage(SessionId id);
  // SESSION could not queue all: OnWritable must follow.
  void Refuse(Session& session);
  // SESSION waits until the queue of the channel has room.
  void WaitForChannel(Session& session);
  // SESSION may be able to go on.
  void Consider(Session& session);
  // From here on SESSION sends bytes.
  void BeginStream(Session& session);
  // Ends a unit that nothing more comes of.
  void CloseUnit(Session& session);

  Parts parts_;
  const ChannelSettings& settings_;
  Openings openings_;
  ChunkPool pool_;
  DatagramQueue urgent_, datagrams_;
  std::size_t queued_bytes_ = 0;  // of all sessions
  std::vector<SessionId> ready_writers_;
  std::deque<SessionId> full_writers_;  // refused because the channel's queue was full
};

}  // namespace funnel::wire
