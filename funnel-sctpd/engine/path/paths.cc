#include "funnel-sctpd/engine/path/paths.h"

#include <algorithm>

namespace funnel::sctp {
namespace {

// Answers in a row before a better path is taken (again).
constexpr unsigned kProofs = 2;
// The second probe follows the first answer after this, not after a whole interval.
constexpr Duration kProofPause = std::chrono::milliseconds(100);
// A path that keeps failing under load though it answers probes (its MTU, a policer) is left alone
// for an interval, then two, four ... of them.
constexpr unsigned kMostDoublings = 6;
// So long in use without a failure: the earlier ones are forgiven.
constexpr Duration kForgive = std::chrono::minutes(10);
// A learned path makes room for the next when it was not heard of for so long: one that has not
// proven itself, one that has.
constexpr Duration kHold = std::chrono::seconds(1);
constexpr Duration kHoldProven = std::chrono::seconds(20);

}  // namespace

void Paths::Begin(const Route& route, const PathTimes& times, TimePoint now) {
  times_ = times;
  paths_.clear();
  Path& path = paths_.emplace_back();
  path.route = route;
  path.learned = path.heard = path.used = now;
  active_ = 0;
  progress_ = probed_all_ = now;
}

void Paths::Offer(const std::vector<TransportAddress>& addresses, TimePoint now) {
  const TransportAddress in_use = active().route.peer;
  std::vector<Path> next;

  for (const TransportAddress& address : addresses) {
    if (next.size() == Engine::kMaxPaths) break;
    auto same = [&](const Path& path) { return path.route.peer == address; };
    if (std::ranges::any_of(next, same)) continue;

    auto known = std::ranges::find_if(paths_, same);
    Path path = known != paths_.end() ? *known : Path{};
    path.route.peer = address;
    path.offered = true;
    if (known == paths_.end()) path.learned = now;
    next.push_back(path);
  }

  // What was learned, and is in use or has proven itself, stays.
  for (Path& path : paths_) {
    bool listed = std::ranges::any_of(
        next, [&](const Path& other) { return other.route.peer == path.route.peer; });
    path.offered = false;
    if (!listed && (path.route.peer == in_use || path.proven != TimePoint{})) next.push_back(path);
  }
  paths_ = std::move(next);

  auto active =
      std::ranges::find_if(paths_, [&](const Path& path) { return path.route.peer == in_use; });
  active_ = static_cast<std::size_t>(active - paths_.begin());
  probed_all_ = TimePoint{};  // at once
}

Paths::Path* Paths::Find(const TransportAddress& address) {
  auto found =
      std::ranges::find_if(paths_, [&](const Path& path) { return path.route.peer == address; });
  return found == paths_.end() ? nullptr : &*found;
}

Paths::Path* Paths::Learn(const Route& route, TimePoint now) {
  auto learned = [&](const Path& path) { return !path.offered && &path != &active(); };
  if (static_cast<std::size_t>(std::ranges::count_if(paths_, learned)) >= kMaxLearned) {
    // The one not heard of for longest goes.
    std::size_t out = paths_.size();
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const Path& path = paths_[i];
      Duration hold = path.proven != TimePoint{} ? kHoldProven : kHold;
      if (!learned(path) || now - std::max(path.learned, path.heard) < hold) continue;
      if (out == paths_.size() || path.heard < paths_[out].heard) out = i;
    }
    if (out == paths_.size()) return nullptr;
    paths_.erase(paths_.begin() + static_cast<std::ptrdiff_t>(out));
    if (out < active_) --active_;
  }

  Path& path = paths_.emplace_back();
  path.route = route;
  path.learned = now;
  return &path;
}

bool Paths::OnHeard(Path& path, const Route& route, bool uses, TimePoint now) {
  path.route.local = route.local;
  path.heard = now;
  if (uses) {
    if (path.used <= active().used) path.use_began = now;
    path.used = now;
  }
  bool new_use = uses && path.proven < path.use_began;
  return (new_use || !path.probed()) && MayProbe(path, now);
}

// One after the other: the answer to the one before tells as much.
bool Paths::MayProbe(const Path& path, TimePoint now) const {
  return now - path.last().sent >= (path.last().out ? kSuspectProbes : kProofPause);
}

Paths::Order Paths::ProbeActive(TimePoint now) { return Probe(paths_[active_], now); }

Paths::Order Paths::Probe(Path& path, TimePoint now) {
  if (path.probed()) path.newest = (path.newest + 1) % path.probes.size();
  Path::Probe& probe = path.probes[path.newest];
  probe = {.nonce = NewProbeNonce(), .sent = now, .out = true};
  return {path.route, probe.nonce};
}

bool Paths::OnAnswer(const Route& route, const ProbeNonce& nonce, TimePoint now) {
  Path* path = Find(route.peer);
  if (path == nullptr) return false;
  auto probe = std::ranges::find_if(path->probes, [&](const Path::Probe& sent) {
    return sent.sent != TimePoint{} && sent.nonce == nonce;
  });
  if (probe == path->probes.end()) return false;
  if (!probe->out) return true;  // that which went both from a certain address and from any
  probe->out = false;

  Duration took = now - probe->sent;
  path->srtt = path->srtt == Duration{0} ? took : (path->srtt * 7 + took) / 8;
  path->route.local = route.local;
  path->heard = now;
  // A use that began after the probe had left is not proven by it.
  path->proven = std::max(path->proven, probe->sent);
  path->tried = path->answers = true;
  ++path->in_row;

  if (path == &active()) {
    progress_ = now;
    // Another one's answer was only quicker.
    if (suspect()) wish_.reset();
    suspect_since_ = TimePoint{};
  } else if (suspect() && now >= path->refused_until) {
    Wish(*path);
  }
  return true;
}

void Paths::OnRefused(const TransportAddress& address, TimePoint now) {
  Path* path = Find(address);
  if (path == nullptr || path == &active()) return;
  // Until two probes in a row were not refused.
  path->refused_until = now + kProofs * times_.path_probe;
  if (wish_ == address) wish_.reset();
}

// How long an answer by PATH may take.
Duration Paths::Patience(const Path& path) const {
  return std::max(times_.path_failover, 3 * path.srtt);
}

void Paths::CountMissed(TimePoint now) {
  for (Path& path : paths_) {
    for (Path::Probe& probe : path.probes) {
      if (!probe.out || probe.missed || now - probe.sent < Patience(path)) continue;
      probe.missed = true;  // a late answer still tells that the path works
      path.in_row = 0;
      path.tried = true;
      path.answers = false;
    }
  }
}

// Two of the present path's in a row, where nothing else could have shown that it works.
bool Paths::ProbesAreLost(const Load& load) const {
  if (!several() || load.in_flight) return false;
  auto lost = [&](const Path::Probe& probe) {
    return probe.out && probe.missed && probe.sent > std::max(progress_, acknowledged_);
  };
  return std::ranges::count_if(active().probes, lost) >= 2;
}

Duration Paths::Stalled(TimePoint now) const {
  if (waiting_since_ == TimePoint{}) return Duration{0};
  return now - std::max(waiting_since_, acknowledged_);
}

void Paths::LookForSilence(const Load& load, TimePoint now) {
  if (!load.in_flight)
    waiting_since_ = TimePoint{};
  else if (waiting_since_ == TimePoint{})
    waiting_since_ = now;
  Duration patience = std::max(times_.path_failover, 2 * std::max(load.round_trip, active().srtt));
  bool silent = load.in_flight && Stalled(now) >= patience && now - progress_ >= patience;
  if (!silent && !ProbesAreLost(load)) {
    if (suspect()) wish_.reset();
    suspect_since_ = TimePoint{};
  } else if (!suspect()) {
    suspect_since_ = now;
    probed_all_ = TimePoint{};  // at once
  }
}

void Paths::ProbeAll(TimePoint now, Orders& orders) {
  probed_all_ = now;
  for (Path& path : paths_) {
    if (!suspect() && !path.offered && &path != &active()) continue;  // the peer keeps them
    orders.push_back(Probe(path, now));
    // Our own address may be what has gone.
    if (suspect() && path.route.local != Route{}.local)
      orders.push_back({{path.route.peer, {}}, orders.back().nonce});
  }
}

void Paths::Forget(TimePoint now) {
  for (std::size_t i = paths_.size(); i-- > 0;) {
    const Path& path = paths_[i];
    if (path.offered || i == active_ || now - std::max(path.heard, path.learned) < kForget)
      continue;
    paths_.erase(paths_.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < active_) --active_;
  }
}

void Paths::WishForBetter(TimePoint now) {
  for (std::size_t i = 0; i < paths_.size() && paths_[i].offered && i != active_; ++i) {
    const Path& path = paths_[i];
    if (path.in_row >= kProofs && now >= std::max(path.shunned_until, path.refused_until))
      return Wish(path);
  }
}

void Paths::WishToFollow(const Load& load, TimePoint now) {
  if (now - load.used < kQuiet) return;
  for (const Path& path : paths_) {
    if (path.offered || &path == &active() || path.used <= load.used) continue;
    if (now < path.refused_until) continue;
    if (path.proven >= path.use_began) return Wish(path);
  }
}

// What the next decision needs an answer for, without waiting for the next round.
void Paths::ProbeAgain(const Load& load, TimePoint now, Orders& orders) {
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    Path& path = paths_[i];
    bool better = path.offered && i < active_ && path.answers && path.in_row < kProofs;
    bool followed = !path.offered && path.used > load.used && path.proven < path.use_began;
    bool doubtful = i == active_ && path.last().missed;
    if ((better || followed || doubtful) && MayProbe(path, now)) orders.push_back(Probe(path, now));
  }
}

void Paths::OnTime(const Load& load, TimePoint now, Orders& orders) {
  Path& present = paths_[active_];
  present.used = std::max(present.used, load.used);
  if (present.failures > 0 && now - present.shunned_until >= kForgive) present.failures = 0;
  CountMissed(now);
  Forget(now);
  LookForSilence(load, now);
  bool due = now - probed_all_ >= (suspect() ? kSuspectProbes : times_.path_probe);
  if (due && (suspect() || several())) ProbeAll(now, orders);
  if (!several() || suspect()) return;
  ProbeAgain(load, now, orders);
  WishForBetter(now);
  if (!wish_) WishToFollow(load, now);
}

std::optional<Route> Paths::TakeWish() {
  if (!wish_) return std::nullopt;
  Path* path = Find(*wish_);
  wish_.reset();
  if (path == nullptr || path == &active()) return std::nullopt;
  return path->route;
}

void Paths::MoveTo(const TransportAddress& address, TimePoint now) {
  Path* path = Find(address);
  if (path == nullptr) return;
  if (suspect()) {
    Path& left = paths_[active_];
    left.in_row = 0;
    left.answers = false;
    unsigned doublings = std::min(left.failures++, kMostDoublings);
    left.shunned_until = now + times_.path_probe * (1u << doublings);
  }
  active_ = static_cast<std::size_t>(path - paths_.data());
  suspect_since_ = TimePoint{};
  progress_ = now;
  path->used = now;
}

PathState Paths::StateOf(const Path& path, TimePoint now) const {
  if (&path == &active()) return PathState::kActive;
  if (!path.tried) return PathState::kUntried;
  if (path.offered) return path.answers ? PathState::kReachable : PathState::kSilent;
  bool heard = now - path.heard < 3 * times_.path_probe;
  return path.proven != TimePoint{} && heard ? PathState::kReachable : PathState::kSilent;
}

}  // namespace funnel::sctp
