// One association of this node with another one: who is at the far end, how far it has got, and
// which stream serves which channel. Owned by the AssociationTable; channels borrow it while it is
// up.
//
//   kConnecting --(engine: up)--> kVerifying --(authd: verified)--> kUp --> kEnding
//        incoming ones begin in kVerifying
//
// kEnding: nobody uses it any more; the engine has not told yet that it is gone.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/deadlines.h"
#include "common/base/ids.h"
#include "funnel-sctpd/association/admission.h"
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

  Association(AssociationId id, bool outgoing, const sctp::TransportAddress& address,
              TimePoint now);

  [[nodiscard]] AssociationId id() const { return id_; }
  [[nodiscard]] AssociationState state() const { return state_; }
  [[nodiscard]] bool up() const { return state_ == AssociationState::kUp; }
  void SetState(AssociationState state, std::string_view reason);

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

  const bool outgoing;
  sctp::TransportAddress address;
  sctp::Carrier carrier = sctp::Carrier::kUdp;
  std::string last_move;  // from which path to which; empty: it is where it began
  std::int64_t moved_unix = 0;
  Candidate candidate;     // outgoing: what it was begun on, and moved to since
  bool beside = false;     // tried beside the one in use, which it shall replace
  bool withdrawn = false;  // another one was faster
  bool moves = false;      // the engine moves it between the carriers and addresses by itself
  std::string peer;        // configured name: intended (outgoing) or proven (up);
                           // empty: a stranger
  std::string node;        // proven
  std::uint64_t instance = 0;
  std::uint16_t stream_count = 0;
  TimePoint began;
  TimePoint verified_at{};
  std::int64_t since_unix = 0;
  // kConnecting: give up; kVerifying: the verdict is due.
  Deadlines<Association>::Deadline deadline{*this};
  std::string failure;       // why it shall end, at the deadline
  Admission::Place place;    // while it is not verified
  bool reverifying = false;  // authd came back and was asked to verify it again
  // Frames of stream 0 for authd: how many since when, and those that wait for it to come back.
  std::uint32_t peer_frames = 0;
  TimePoint peer_frames_since{};
  std::vector<Bytes> peer_frames_held;

  // Once up:
  TimePoint active{};     // the last sealed frame, either way
  bool replaced = false;  // another association serves its peer now
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
  AssociationState state_;
  std::deque<Waiting> control_;
};

}  // namespace funnel::sctpd
