// The paths to one peer, and which of them to use (RFC 9260 sections 5.4, 6.4 and 8; and, as RFC
// 7829 has it, a path in doubt is left before it has failed). No I/O: the owner says what came by
// which and the time, and sends the probes that it asks for, which are HEARTBEATs.
//
// Some are offered, best first: by the peer in its INIT, or by the owner, who knows better. Others
// are learned from packets that come from there. The one in use changes
//   - to a better one of those offered, when it has answered two probes in a row;
//   - when nothing shows any more that it works, to the first that answers a probe;
//   - to where the peer sends from now, if that is not offered: when it has answered a probe, and
//     the peer has not sent by the present one meanwhile. A copy of a packet from elsewhere moves
//     nothing.
// No path is used before an answer came by it with a nonce of ours, but the one that the handshake
// came by. A single path costs nothing here: no probe, no timer.
#pragma once

#include <optional>
#include <vector>

#include "common/base/token_bucket.h"
#include "sctp/base/random_source.h"
#include "sctp/path/path.h"

namespace sctp {

class Paths {
 public:
  struct Settings {
    // How often those that are not in use are tried.
    Duration probe_interval = std::chrono::seconds(5);
    // How long what was sent may stay without a sign of the peer before all are tried.
    Duration failover = std::chrono::milliseconds(300);
  };
  static constexpr std::size_t kMostOffered = 8;
  // Packets a second from addresses that are not known. One is enough; the rest is for a peer that
  // sends much and is not followed yet.
  static constexpr funnel::TokenBucket::Rate kElsewhere{50, 50};
  // How many learned ones are kept in addition to those offered: a NAT changes one at a time.
  static constexpr std::size_t kMostLearned = 4;
  // Probes of everything, while the path in use is suspect.
  static constexpr Duration kSuspectProbes = std::chrono::milliseconds(200);
  // How long the peer must not have used the present path before we follow it to another. Longer
  // than packets overtake each other, and longer than a copy comes behind its original.
  static constexpr Duration kQuiet = std::chrono::milliseconds(50);

  struct Order {
    Address to;
    PathNonce nonce;
  };
  // What became of what was sent by the path in use.
  struct Load {
    // Since when something is on its way and nothing was acknowledged; max(): nothing is.
    TimePoint waiting_since = TimePoint::max();
    TimePoint acknowledged{};  // the last SACK
    Duration round_trip{};
  };

  // The handshake went by ADDRESS.
  Paths(const Settings& settings, const Address& address, RandomSource& random, TimePoint now);

  // Best first; the present one may be among ADDRESSES or not. Replaces what was offered before.
  void Offer(const std::vector<Address>& addresses, TimePoint now);

  [[nodiscard]] Path* Find(const Address& address);
  // Whether a packet with the right tag from an address that is not known may be looked at: the
  // peer has moved, or somebody repeats its packets.
  [[nodiscard]] bool MayLookElsewhere(TimePoint now) { return elsewhere_.Take(kElsewhere, now); }
  // ADDRESS is new. Null: there is no room for another.
  [[nodiscard]] Path* Learn(const Address& address, TimePoint now);
  // Something came by another path than the one in use. USES: more than a heartbeat or its answer.
  // Whether PATH should be probed now.
  [[nodiscard]] bool OnReceived(Path& path, const Address& from, bool uses, TimePoint now);
  // The peer uses the present path.
  void OnUsed(TimePoint now) { active().used = now; }
  // To be sent there; remembers that it was.
  [[nodiscard]] Order Probe(Path& path, TimePoint now);
  // INFO of a HEARTBEAT ACK that came from FROM. False: it answers none of these, or came by
  // another path than was asked. The second answer to one changes nothing.
  [[nodiscard]] bool OnAnswer(const Address& from, ByteView info, TimePoint now);

  // What is to be probed now goes into ORDERS.
  void OnTime(const Load& load, TimePoint now, std::vector<Order>& orders);
  [[nodiscard]] TimePoint NextTimer(const Load& load) const;
  // The path to change to now; the owner then calls MoveTo. Asked for behind OnTime.
  [[nodiscard]] Path* TakeWish();
  void MoveTo(Path& path, TimePoint now);

  // Nothing shows that the present path works: all are being probed.
  [[nodiscard]] bool suspect() const { return suspect_since_ != TimePoint{}; }
  [[nodiscard]] bool several() const { return paths_.size() > 1; }
  [[nodiscard]] Path& active() { return paths_[active_]; }
  [[nodiscard]] const Path& active() const { return paths_[active_]; }
  [[nodiscard]] const std::vector<Path>& all() const { return paths_; }
  [[nodiscard]] std::vector<Path>& all() { return paths_; }
  [[nodiscard]] PathState StateOf(const Path& path, TimePoint now) const;

 private:
  // How long an answer on PATH may take.
  [[nodiscard]] Duration Patience(const Path& path) const;
  // How long the path in use may be silent under load.
  [[nodiscard]] Duration SilencePatience(const Load& load) const;
  // When PATH may be probed again.
  [[nodiscard]] TimePoint MayProbeAt(const Path& path) const;
  // Whether the next decision needs an answer on the path of this number.
  [[nodiscard]] bool WantsProbe(std::size_t number) const;
  // Whether the peer uses PATH, which was not offered, more recently than the one in use.
  [[nodiscard]] bool IsFollowed(const Path& path) const;
  // Whether probes show that the path in use is dead, when nothing else could.
  [[nodiscard]] bool ProbesAreLost(const Load& load) const;
  // Makes the path in use suspect, or ends that.
  void LookForSilence(const Load& load, TimePoint now);
  [[nodiscard]] TimePoint NextProbeOfAll() const;
  // Probes the offered paths and the one in use; if that is suspect, all of them.
  void ProbeAll(TimePoint now, std::vector<Order>& orders);
  // Notes which probes were not answered in time.
  void CountMissed(TimePoint now);
  // Drops learned paths that have been silent for long.
  void Forget(TimePoint now);
  void Erase(std::size_t number);
  // Probes those that WantsProbe() names, without waiting for the next round.
  void ProbeAgain(TimePoint now, std::vector<Order>& orders);
  void Wish(const Path& path) { wish_ = path.address; }
  // Chooses the best offered path that has proven itself and is not avoided.
  void WishForBetter(TimePoint now);
  // Chooses the proven path that the peer uses now.
  void WishToFollow(TimePoint now);

  Settings settings_;
  RandomSource& random_;
  std::vector<Path> paths_;  // those offered first, in order
  std::size_t active_ = 0;
  std::optional<Address> wish_;
  TimePoint progress_{};  // the last sign but SACKs that the present path works
  TimePoint suspect_since_{};
  std::optional<TimePoint> probed_all_;  // nullopt: they are to be probed at once
  funnel::TokenBucket elsewhere_;
};

}  // namespace sctp
