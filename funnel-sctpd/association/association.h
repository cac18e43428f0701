// One association of this node with another one: who is at the far end, how far it has got, and
// which stream serves which channel. Owned by the AssociationTable; channels borrow it while it is
// up.
//
//   kConnecting --(engine: up)--> kVerifying --(authd: verified)--> kUp --> kEnding
//        incoming ones begin in kVerifying
//
// kEnding: nobody uses it any more; the engine has not reported yet that it is gone.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/deadlines.h"
#include "common/base/ids.h"
#include "funnel-sctpd/association/admission.h"
#include "funnel-sctpd/association/authd_frames.h"
#include "funnel-sctpd/channel/fair_queue.h"
#include "funnel-sctpd/channel/stream_map.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/route/candidate.h"

namespace funnel::sctpd {

enum class AssociationState : std::uint8_t { kConnecting, kVerifying, kUp, kEnding };
[[nodiscard]] std::string_view Name(AssociationState state);

class Association {
 public:
  // Small frames that found the engine full and must not be lost (OPENED, REFUSED, CLOSED, those of
  // @peer). A peer that makes us exceed this does not read.
  static constexpr std::size_t kMaxControlQueue = 4096;

  // What we began it for.
  enum class Purpose : std::uint8_t {
    kServe,    // nothing serves its peer
    kReplace,  // it shall replace what serves its peer (Failback)
  };
  // Why it ends, for those who ask what comes after it.
  enum class Cause : std::uint8_t {
    kLost,       // nothing takes its place
    kWithdrawn,  // it did not serve its peer, and is not needed
    kReplaced,   // another one serves its peer now
  };

  // What only one that we began has.
  struct Dialled {
    Candidate candidate;  // what it was begun on, and moved to since
    Purpose purpose = Purpose::kServe;
    bool moves = false;  // the engine moves it between the carriers and addresses by itself
  };
  struct Move {
    std::string text;  // from which path to which
    std::int64_t unix_time = 0;
  };

  // Each state with what only it has.
  struct Connecting {};
  struct Verifying {
    Admission::Slot slot;  // of one that came in
    AuthdFrames frames;
  };
  struct Up {
    std::string node;            // proven
    std::uint64_t instance = 0;  // of that node's process
    TimePoint verified_at{};
    bool reverifying = false;  // authd came back and was asked to verify it again
    AuthdFrames frames;
  };
  struct Ending {
    Cause cause = Cause::kLost;
  };
  // In AssociationState's order.
  using StateData = std::variant<Connecting, Verifying, Up, Ending>;

  // It came in from ADDRESS.
  Association(AssociationId id, const sctp::TransportAddress& address, TimePoint now);
  // We began it with the configured PEER.
  Association(AssociationId id, std::string peer, Dialled dialled, TimePoint now);

  [[nodiscard]] AssociationId id() const { return id_; }
  [[nodiscard]] AssociationState state() const {
    return static_cast<AssociationState>(state_.index());
  }
  [[nodiscard]] bool up() const { return state() == AssociationState::kUp; }
  // What its state has; nullptr: it is in another one.
  [[nodiscard]] const Up* verified() const { return std::get_if<Up>(&state_); }
  [[nodiscard]] Up* verified() { return std::get_if<Up>(&state_); }
  // In kVerifying and kUp.
  [[nodiscard]] AuthdFrames* authd_frames();
  void SetState(StateData state, std::string_view reason);

  [[nodiscard]] bool outgoing() const { return dialled.has_value(); }
  [[nodiscard]] bool replaces() const { return dialled && dialled->purpose == Purpose::kReplace; }
  [[nodiscard]] bool EndsBy(Cause cause) const;

  // A frame that is sent in order and never lost; waits while the engine is full. False: the queue
  // is full, and the association should end.
  [[nodiscard]] bool SendControl(sctp::Engine& engine, StreamId stream, Bytes frame);
  // Sends what waits. True: nothing is left.
  bool FlushControl(sctp::Engine& engine);
  [[nodiscard]] bool has_control() const { return !control_.empty(); }
  // The engine uses PATH now.
  void MoveTo(const sctp::PeerPath& path);
  // Whether what is said below of its state fits together; asserted after each call that may have
  // changed it.
  [[nodiscard]] bool IsConsistent() const;
  // For log lines: the peer's name if we know it, else the address.
  [[nodiscard]] std::string label() const;

  std::optional<Dialled> dialled;  // nullopt: it came in
  sctp::TransportAddress address;
  sctp::Carrier carrier = sctp::Carrier::kUdp;
  std::optional<Move> last_move;  // nullopt: it is where it began
  std::string peer;               // configured name: intended (outgoing) or proven (up);
                                  // empty: a stranger
  std::uint16_t stream_count = 0;
  TimePoint began;
  std::int64_t since_unix = 0;
  // kConnecting: give up; kVerifying: the verdict is due.
  Deadlines<Association>::Deadline deadline{*this};
  std::string failure;  // why it shall end, at the deadline

  // Once up:
  TimePoint active{};  // the last sealed frame, either way
  StreamMap streams{1, Parity::kOdd};
  std::map<std::uint64_t, Channel*> users;  // by number: with a stream, or waiting for one
  FairQueue<Channel> senders;               // channels with input
  bool ready = false;                       // has its turn at the end of this turn
  bool blocked = false;                     // the engine was full; OnWritable ends it
  std::size_t half_open = 0;                // OPENs that authd has not answered
  std::size_t channels = 0;                 // with a stream, or attached and waiting for one

 private:
  struct Waiting {
    StreamId stream;
    Bytes frame;
  };

  AssociationId id_;
  StateData state_;
  std::deque<Waiting> control_;
};

}  // namespace funnel::sctpd
