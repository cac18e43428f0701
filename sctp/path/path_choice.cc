// Paths: which of them to use, as time passes.
#include <algorithm>

#include "sctp/path/paths.h"

namespace sctp {
namespace {

// Answers in a row before a better path is taken (again).
constexpr unsigned kProofs = 2;
// A path that keeps failing under load although it answers probes (its MTU, a policer) is left
// alone for one interval, then for two, four ... of them.
constexpr unsigned kMostPeriodDoublings = 6;
// So long in use without a failure: the earlier ones are forgiven.
constexpr Duration kForgive = std::chrono::minutes(10);
// A learned path by which nothing came for so long is forgotten.
constexpr Duration kForget = std::chrono::minutes(1);
// The address where a peer seems to be now is probed for so long after something came from there.
constexpr Duration kFollow = std::chrono::seconds(3);

}  // namespace

// How long an answer by PATH may take.
Duration Paths::Patience(const Path& path) const {
  return std::max(settings_.failover, 3 * path.smoothed);
}

void Paths::CountMissed(TimePoint now) {
  for (Path& path : paths_) {
    for (Path::Probe& probe : path.probes) {
      if (!probe.out || probe.missed || now - probe.sent < Patience(path)) continue;
      probe.missed = true;  // a late answer still shows that the path works
      path.in_row = 0;
      path.tried = true;
      path.answers = false;
    }
  }
}

// Two probes of the present path in a row, when nothing else could have shown that it works.
bool Paths::ProbesAreLost(const Load& load) const {
  if (load.waiting_since != TimePoint::max()) return false;
  const TimePoint sign = std::max(progress_, load.acknowledged);
  return std::ranges::count_if(active().probes, [&](const Path::Probe& probe) {
           return probe.out && probe.missed && probe.sent > sign;
         }) >= 2;
}

Duration Paths::SilencePatience(const Load& load) const {
  return std::max(settings_.failover, 2 * std::max(load.round_trip, active().smoothed));
}

void Paths::LookForSilence(const Load& load, TimePoint now) {
  const bool silent = load.waiting_since != TimePoint::max() &&
                      now - std::max(load.waiting_since, progress_) >= SilencePatience(load);
  if (!several() || (!silent && !ProbesAreLost(load))) {
    if (suspect()) wish_.reset();
    suspect_since_ = {};
  } else if (!suspect()) {
    suspect_since_ = now;
    probed_all_.reset();
  }
}

void Paths::ProbeAll(TimePoint now, std::vector<Order>& orders) {
  probed_all_ = now;
  for (Path& path : paths_) {
    if (!suspect() && !path.offered && &path != &active()) continue;  // the peer keeps them
    orders.push_back(Probe(path, now));
    // Our own address may be what has gone.
    if (!suspect() || path.address.local == Address{}.local) continue;
    orders.push_back(orders.back());
    orders.back().to.local = {};
  }
}

void Paths::Forget(TimePoint now) {
  for (std::size_t i = paths_.size(); i-- > 0;) {
    const Path& path = paths_[i];
    if (!path.offered && i != active_ &&
        now - std::max(path.last_received, path.learned) >= kForget)
      Erase(i);
  }
}

bool Paths::IsFollowed(const Path& path) const {
  return !path.offered && &path != &active() && path.used > active().used;
}

// The path whose answer the next decision needs is probed without waiting for the next round.
bool Paths::WantsProbe(std::size_t number) const {
  const Path& path = paths_[number];
  const bool better = path.offered && number < active_ && path.answers && path.in_row < kProofs;
  const bool followed =
      IsFollowed(path) && path.proven < path.use_began && MayProbeAt(path) - path.used < kFollow;
  const bool doubtful = number == active_ && path.last().missed;
  return better || followed || doubtful;
}

void Paths::ProbeAgain(TimePoint now, std::vector<Order>& orders) {
  for (std::size_t i = 0; i < paths_.size(); ++i)
    if (WantsProbe(i) && MayProbeAt(paths_[i]) <= now) orders.push_back(Probe(paths_[i], now));
}

void Paths::WishForBetter(TimePoint now) {
  for (std::size_t i = 0; i < paths_.size() && paths_[i].offered && i != active_; ++i)
    if (paths_[i].in_row >= kProofs && now >= paths_[i].shunned_until) return Wish(paths_[i]);
}

void Paths::WishToFollow(TimePoint now) {
  if (now - active().used < kQuiet) return;
  for (const Path& path : paths_)
    if (IsFollowed(path) && path.proven >= path.use_began) return Wish(path);
}

void Paths::OnTime(const Load& load, TimePoint now, std::vector<Order>& orders) {
  Path& present = active();
  if (present.failures > 0 && now - present.shunned_until >= kForgive) present.failures = 0;
  CountMissed(now);
  Forget(now);
  LookForSilence(load, now);
  if (!several()) return;
  if (now >= NextProbeOfAll()) ProbeAll(now, orders);
  if (suspect()) return;
  ProbeAgain(now, orders);
  WishForBetter(now);
  if (!wish_) WishToFollow(now);
}

TimePoint Paths::NextProbeOfAll() const {
  if (!probed_all_) return TimePoint{};
  return *probed_all_ + (suspect() ? kSuspectProbes : settings_.probe_interval);
}

TimePoint Paths::NextTimer(const Load& load) const {
  if (!several()) return TimePoint::max();
  TimePoint next = NextProbeOfAll();
  if (!suspect() && load.waiting_since != TimePoint::max())
    next = std::min(next, std::max(load.waiting_since, progress_) + SilencePatience(load));
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    const Path& path = paths_[i];
    for (const Path::Probe& probe : path.probes)
      if (probe.out && !probe.missed) next = std::min(next, probe.sent + Patience(path));
    if (suspect()) continue;
    if (WantsProbe(i)) next = std::min(next, MayProbeAt(path));
    if (IsFollowed(path) && path.proven >= path.use_began)
      next = std::min(next, active().used + kQuiet);
  }
  return next;
}

Path* Paths::TakeWish() {
  if (!wish_) return nullptr;
  Path* path = Find(*wish_);
  wish_.reset();
  return path == &active() ? nullptr : path;
}

void Paths::MoveTo(Path& path, TimePoint now) {
  if (suspect()) {
    Path& left = active();
    left.in_row = 0;
    left.answers = false;
    const unsigned doublings = std::min(left.failures++, kMostPeriodDoublings);
    left.shunned_until = now + settings_.probe_interval * (1u << doublings);
  }
  active_ = static_cast<std::size_t>(&path - paths_.data());
  suspect_since_ = {};
  progress_ = now;
  path.used = now;
}

PathState Paths::StateOf(const Path& path, TimePoint now) const {
  if (&path == &active()) return PathState::kInUse;
  if (!path.tried) return PathState::kUntried;
  if (path.offered) return path.answers ? PathState::kReachable : PathState::kSilent;
  const bool recent = now - path.last_received < 3 * settings_.probe_interval;
  return path.is_proven() && recent ? PathState::kReachable : PathState::kSilent;
}

}  // namespace sctp
