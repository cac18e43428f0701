// One association between this node and another: who is at the far end, its state, and which stream
// serves which channel. Owned by the AssociationTable; channels borrow it while it is up.
//
//   kConnecting --(engine: up)--> kVerifying --(authd: verified)--> kUp --> kEnding
//        incoming ones begin in kVerifying
//
// kEnding: nobody uses it any more, but the engine has not reported yet that it is gone.
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
  // How many frames that must not be lost (OPENED, REFUSED, CLOSED, those of @peer) may wait
  // because the engine is full. If a peer makes us exceed this, it does not read.
  static constexpr std::size_t kMaxControlQueue = 4096;

  // Why we began it.
  enum class Purpose : std::uint8_t {
    kServe,    // nothing serves its peer
    kReplace,  // it may replace what serves its peer (Failback)
  };
  // Why it ends, which decides what comes after it.
  enum class Cause : std::uint8_t {
    kLost,       // nothing replaces it
    kWithdrawn,  // it did not serve its peer, and is not needed
    kReplaced,   // another one serves its peer now
  };

  // What only an association has that we began.
  struct Dialled {
    Candidate candidate;  // where it was begun, or has moved to
    Purpose purpose = Purpose::kServe;
    bool moves = false;  // the engine moves it between carriers and addresses by itself
  };
  struct Move {
    std::string text;  // from which path to which
    std::int64_t unix_time = 0;
  };

  // Each state with the data that only it has.
  struct Connecting {};
  struct Verifying {
    Admission::Slot slot;  // if the other end began it
    AuthdFrames frames;
  };
  struct Up {
    std::string node;            // proven
    std::uint64_t instance = 0;  // of that node's process
    TimePoint verified_at{};
    bool reverifying = false;  // authd came back and must verify it again
    AuthdFrames frames;
  };
  struct Ending {
    Cause cause = Cause::kLost;
  };
  // In AssociationState's order.
  using StateData = std::variant<Connecting, Verifying, Up, Ending>;

  // The other end began it, from ADDRESS.
  Association(AssociationId id, const sctp::TransportAddress& address, TimePoint now);
  // We began it with the configured PEER.
  Association(AssociationId id, std::string peer, Dialled dialled, TimePoint now);

  [[nodiscard]] AssociationId id() const { return id_; }
  [[nodiscard]] AssociationState state() const {
    return static_cast<AssociationState>(state_.index());
  }
  [[nodiscard]] bool up() const { return state() == AssociationState::kUp; }
  // The data of kUp; nullptr: it is in another state.
  [[nodiscard]] const Up* verified() const { return std::get_if<Up>(&state_); }
  [[nodiscard]] Up* verified() { return std::get_if<Up>(&state_); }
  // Exists in kVerifying and kUp.
  [[nodiscard]] AuthdFrames* authd_frames();
  void SetState(StateData state, std::string_view reason);

  [[nodiscard]] bool outgoing() const { return dialled.has_value(); }
  [[nodiscard]] bool replaces() const { return dialled && dialled->purpose == Purpose::kReplace; }
  [[nodiscard]] bool EndsBy(Cause cause) const;

  // Sends a frame that must keep its order and not be lost; it waits while the engine is full.
  // False: the queue is full, and the association should end.
  [[nodiscard]] bool SendControl(sctp::Engine& engine, StreamId stream, Bytes frame);
  // Sends what waits. True: nothing is left.
  bool FlushControl(sctp::Engine& engine);
  [[nodiscard]] bool has_control() const { return !control_.empty(); }
  // The engine uses PATH now.
  void MoveTo(const sctp::PeerPath& path);
  // Whether the members fit the state; asserted after each call that may have changed them.
  [[nodiscard]] bool IsConsistent() const;
  // For log lines: the peer's name if we know it, else the address.
  [[nodiscard]] std::string label() const;

  std::optional<Dialled> dialled;  // nullopt: it came in
  sctp::TransportAddress address;
  sctp::Carrier carrier = sctp::Carrier::kUdp;
  std::optional<Move> last_move;  // nullopt: it is where it began
  std::string peer;               // configured name: intended (if we began it) or proven (up);
                                  // empty: a stranger
  std::uint16_t stream_count = 0;
  TimePoint began;
  std::int64_t since_unix = 0;
  // kConnecting: give up; kVerifying: the verdict must be there.
  Deadlines<Association>::Deadline deadline{*this};
  std::string failure;  // why it will end, at the deadline

  // Once up:
  TimePoint active{};  // the last sealed frame, in either direction
  StreamMap streams{1, Parity::kOdd};
  std::map<std::uint64_t, Channel*> users;  // by number: those with a stream, or waiting for one
  FairQueue<Channel> senders;               // channels with input
  bool ready = false;                       // it sends at the end of this turn
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
