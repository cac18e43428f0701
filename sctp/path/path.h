// One path to the peer: an address of the peer's, and what is known of it.
#pragma once

#include <array>
#include <memory>

#include "sctp/base/address.h"
#include "sctp/path/mtu_search.h"
#include "sctp/send/path_flow.h"

namespace sctp {

struct Path {
  struct Probe {
    PathNonce nonce{};
    TimePoint sent{};
    bool out = false;     // may still be answered
    bool missed = false;  // it should have been by now
  };

  Address address;  // with which of ours goes along with it
  bool offered = false;
  bool tried = false;     // a probe was answered, or should have been
  bool answers = false;   // it answered the last probe that had its time
  unsigned in_row = 0;    // probes answered one after the other
  unsigned failures = 0;  // how often it fell silent in use
  Duration smoothed{};    // round trip of probes; 0: not known
  TimePoint learned{}, last_received{}, used{}, use_began{}, proven{}, shunned_until{};
  // As many as are on their way at Paths::kSuspectProbes on the slowest path.
  std::array<Probe, 8> probes;
  std::size_t newest = 0;
  std::optional<MtuSearch> mtu;    // where it is searched for
  std::unique_ptr<PathFlow> flow;  // while it is not in use, if it was before

  [[nodiscard]] const Probe& last() const { return probes[newest]; }
  [[nodiscard]] bool probed() const { return last().sent != TimePoint{}; }
  [[nodiscard]] bool is_proven() const { return proven != TimePoint{}; }
};

enum class PathState {
  kInUse,
  kReachable,  // the peer answers there
  kSilent,     // it did not answer, or does not any more (RFC 9260: inactive)
  kUntried,    // unconfirmed
};

}  // namespace sctp
