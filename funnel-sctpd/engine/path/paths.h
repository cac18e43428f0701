// The ways to one association's peer, and which of them to use. No I/O: the owner feeds it what
// arrives and the time, and sends the probes that it asks for (path_probe.h).
//
// A path is an address of the peer's with a carrier; the local address comes with what arrives by
// it. Some are offered (Engine::OfferPaths), best first; others are learned from the peer's
// packets. The one in use changes
//   - to a better one of those offered, when it has answered two probes in a row;
//   - when nothing shows any more that it works, to the first that answers a probe;
//   - to where the peer sends from now, if that is not offered: when it has answered a probe, and
//     the peer has not sent by the present one meanwhile. A copy of a packet from elsewhere moves
//     nothing.
// No path is used before an answer came by it with a nonce of ours, but the one that the handshake
// came by; and none where another stack beside the peer's refuses what comes by it.
//
// Owned by an Association. One thread.
#pragma once

#include <optional>
#include <vector>

#include "funnel-sctpd/engine/output_queue.h"
#include "funnel-sctpd/engine/path/path_probe.h"
#include "funnel-sctpd/engine/token_bucket.h"

namespace funnel::sctp {

struct PathTimes {
  Duration path_probe;
  Duration path_failover;
};

class Paths {
 public:
  // Learned ones that are kept beside those offered: a NAT changes one at a time.
  static constexpr std::size_t kMaxLearned = 4;
  // Probes of everything, while the path in use is suspect.
  static constexpr Duration kSuspectProbes = std::chrono::milliseconds(200);
  // How long the peer must not have used the present path before it is followed to another: longer
  // than packets overtake each other, and than a copy trails what it is a copy of.
  static constexpr Duration kQuiet = std::chrono::milliseconds(50);
  // Packets a second from addresses that are not known. One is enough; the rest is for a peer that
  // sends much and is not followed yet.
  static constexpr double kElsewhere = 50;
  // A learned one that was not heard of for so long is forgotten.
  static constexpr Duration kForget = std::chrono::minutes(1);

  struct Path {
    Route route;
    bool offered = false;
    bool tried = false;     // a probe was answered, or should have been
    bool answers = false;   // it answered the last probe that had its time
    unsigned in_row = 0;    // probes answered one after the other
    unsigned failures = 0;  // how often it fell silent in use
    Duration srtt{0};       // of probes; 0: not known
    TimePoint learned{}, heard{}, used{}, use_began{}, proven{}, shunned_until{}, refused_until{};
    struct Probe {
      ProbeNonce nonce{};
      TimePoint sent{};
      bool out = false;     // may still be answered
      bool missed = false;  // it should have been by now
    };
    // As many as are on their way at kSuspectProbes on the slowest path.
    std::array<Probe, 8> probes;
    std::size_t newest = 0;
    [[nodiscard]] const Probe& last() const { return probes[newest]; }
    [[nodiscard]] bool probed() const { return last().sent != TimePoint{}; }
  };

  struct Order {
    Route route;
    ProbeNonce nonce;
  };
  using Orders = std::vector<Order>;

  Paths() = default;
  // The association came up by ROUTE.
  void Begin(const Route& route, const PathTimes& times, TimePoint now);

  // The present one may be among PATHS or not.
  void Offer(const std::vector<TransportAddress>& paths, TimePoint now);

  // Something with the right tag came from ADDRESS, which is not the present path's. nullptr: not
  // known.
  [[nodiscard]] Path* Find(const TransportAddress& address);
  // Whether a packet with the right tag from an address that is not known may be looked at: the
  // peer has moved, or somebody repeats its packets. Limited for this peer alone, so that no flood
  // of strangers keeps it from being followed.
  [[nodiscard]] bool MayLookElsewhere(TimePoint now) { return elsewhere_.Take(kElsewhere, now); }
  // ROUTE is new. nullptr: there is no room for another.
  [[nodiscard]] Path* Learn(const Route& route, TimePoint now);
  // USES: PacketSummary::uses_path. Whether PATH should be probed now.
  [[nodiscard]] bool OnHeard(Path& path, const Route& route, bool uses, TimePoint now);
  // To be sent there; remembers that it was.
  [[nodiscard]] Order Probe(Path& path, TimePoint now);
  [[nodiscard]] Order ProbeActive(TimePoint now);
  // The answer to a probe came by ROUTE. False: to none of ours, or not by where it was sent. The
  // second answer to one changes nothing.
  [[nodiscard]] bool OnAnswer(const Route& route, const ProbeNonce& nonce, TimePoint now);
  // What came by the path to ADDRESS was answered with an ABORT, as a host's kernel does that does
  // not know of SCTP in userland: it would end what moves there.
  void OnRefused(const TransportAddress& address, TimePoint now);
  // Something that we sent has arrived: a SACK. As cheap as it looks.
  void OnAcknowledged(TimePoint now) { acknowledged_ = now; }

  // What is to be probed now goes into ORDERS. IN_FLIGHT: something was sent and not acknowledged.
  // USED: when the peer last used the present path. ROUND_TRIP: SCTP's, of it. Often.
  struct Load {
    bool in_flight = false;
    TimePoint used{};
    Duration round_trip{0};
  };
  void OnTime(const Load& load, TimePoint now, Orders& orders);

  // The path to change to now; the owner then calls MoveTo. Asked for behind OnTime.
  [[nodiscard]] std::optional<Route> TakeWish();
  void MoveTo(const TransportAddress& address, TimePoint now);

  // How long something has been in flight and nothing of it acknowledged, by whichever path.
  [[nodiscard]] Duration Stalled(TimePoint now) const;
  // Nothing shows that the present path works: all are being probed.
  [[nodiscard]] bool suspect() const { return suspect_since_ != TimePoint{}; }
  [[nodiscard]] bool several() const { return paths_.size() > 1; }
  [[nodiscard]] const std::vector<Path>& all() const { return paths_; }
  [[nodiscard]] const Path& active() const { return paths_[active_]; }
  [[nodiscard]] bool empty() const { return paths_.empty(); }
  [[nodiscard]] PathState StateOf(const Path& path, TimePoint now) const;

 private:
  // How long an answer by PATH may take.
  [[nodiscard]] Duration Patience(const Path& path) const;
  // Whether it is time for another probe of PATH; they go one after the other.
  [[nodiscard]] bool MayProbe(const Path& path, TimePoint now) const;
  // Whether two of the present path's in a row are, with no other sign that it works.
  [[nodiscard]] bool ProbesAreLost(const Load& load) const;
  // Suspects the present path if it has been silent for too long, or clears it.
  void LookForSilence(const Load& load, TimePoint now);
  void ProbeAll(TimePoint now, Orders& orders);
  // Probes without an answer in time.
  void CountMissed(TimePoint now);
  // Learned paths that nobody has used for long.
  void Forget(TimePoint now);
  // Probes what the next decision needs an answer for, without waiting for the next round.
  void ProbeAgain(const Load& load, TimePoint now, Orders& orders);
  // The engine is to move to PATH.
  void Wish(const Path& path) { wish_ = path.route.peer; }
  void WishForBetter(TimePoint now);
  // ... to where the peer has gone.
  void WishToFollow(const Load& load, TimePoint now);

  PathTimes times_{};
  std::vector<Path> paths_;  // those offered first, in order
  std::size_t active_ = 0;
  std::optional<TransportAddress> wish_;
  TimePoint acknowledged_{};   // the last SACK
  TimePoint progress_{};       // the last sign of another kind that the present path works
  TimePoint waiting_since_{};  // in flight without a pause
  TimePoint suspect_since_{};
  TimePoint probed_all_{};
  TokenBucket elsewhere_;
};

}  // namespace funnel::sctp
