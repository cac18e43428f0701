// State of one session. Idle ones are many (10,000 flows in a channel): nothing here owns memory
// while nothing waits.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/wire/frame/types.h"
#include "common/wire/session/credit.h"
#include "common/wire/session/inbox.h"
#include "common/wire/session/send_queue.h"

namespace funnel::wire {

struct Session {
  enum class Phase : std::uint8_t {
    kExpected,  // acceptor: a record named it or a later one; its OPEN_SESSION is under way
    kOpen,
    // We reset it, and the owner forgot it. What the peer sent before it learnt that is still
    // counted, so that the channel's credit comes back.
    kReset,
    // We reset it as well, but what the owner had sent goes out first. Nothing is delivered.
    kFinishing,
    kGone,  // forgotten; freed when the present call is over
  };
  explicit Session(SessionId session_id, Phase begins_in = Phase::kOpen)
      : id(session_id), phase(begins_in) {}

  // In which of the scheduler's lists.
  enum class Turn : std::uint8_t { kNone, kSmall, kBulk };

  SessionId id;
  Phase phase;  // changes by SetPhase only
  Turn turn = Turn::kNone;
  bool output_blocked = false;   // OnMessage took fewer than all; until Resume
  bool wants_writable = false;   // the owner was refused bytes
  bool in_full_writers = false;  // because the channel's queue was full
  bool credit_due = false;       // in the list of sessions whose new limit is to be reported
  bool fin_queued = false, fin_sent = false;
  // What was sent: once it is a stream it stays one.
  bool sends_messages = false, sends_stream = false;
  bool unit_open = false;  // the last message queued is a piece, and others belong to it

  // Initiator: what opens the session waits for a datagram to go with, or was sent and the far side
  // has not shown yet that it knows the session.
  struct Opening {
    SessionInfo info;
    int sent = 0;       // OPENINGs
    bool said = false;  // OPEN_SESSION, which is not lost
  };
  std::unique_ptr<Opening> opening;

  // Sending.
  std::uint64_t next_number = 0;    // of the next message that goes out
  std::uint64_t queued_number = 0;  // SendMessage: of the next that is queued
  SendCredit send_credit{kInitialSessionCredit};
  SendQueue queue;
  // How much of that charge the peer is known to have consumed, and when this last grew
  // (shared_buffer.h).
  std::uint64_t acknowledged = 0;
  TimePoint read_at{};
  std::uint64_t bytes_sent = 0, bytes_received = 0;  // payload
  TimePoint active{};                                // when some of it last went out or came

  // Receiving.
  ReceiveCredit receive_credit{kInitialSessionCredit};
  Inbox inbox;
  std::uint64_t held = 0;  // as SharedBuffer knows it
  TimePoint
      stuck_since{};  // since when a look has found that nothing was taken; the epoch: not yet
  // The peer's RESET came before all that it had sent was delivered: delivery comes first.
  struct PeerReset {
    EndCode code;
    std::uint64_t final_charge;
  };
  std::optional<PeerReset> peer_reset;
  // Datagrams that came before what opens the session.
  struct Early {
    std::vector<Bytes> datagrams;
    std::size_t cost = 0;  // as ReceiveBuffer counts
  };
  std::unique_ptr<Early> early;

  // Neighbours in the scheduler's list.
  Session* previous = nullptr;
  Session* next = nullptr;

  // Whether its end is still to be reported to the owner. Not once both FINs were given, although
  // ours may still wait.
  [[nodiscard]] bool IsOwners() const {
    return phase == Phase::kOpen && !(fin_queued && inbox.finished());
  }
  void SetPhase(Phase to);
  // What still comes for it is only counted.
  [[nodiscard]] bool IsDiscarding() const {
    return phase == Phase::kReset || phase == Phase::kFinishing;
  }
  [[nodiscard]] bool HasOutput() const { return !queue.empty() || (fin_queued && !fin_sent); }
};

// A list of sessions through their own links.
class SessionList {
 public:
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] Session* first() const { return first_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void PushBack(Session& session);
  void Remove(Session& session);

 private:
  Session* first_ = nullptr;
  Session* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace funnel::wire
