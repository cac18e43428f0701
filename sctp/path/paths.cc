#include "sctp/path/paths.h"

#include <algorithm>

namespace sctp {
namespace {

using std::chrono::milliseconds;

// The second probe follows the first answer after this, not after a whole interval.
constexpr Duration kProofPause = milliseconds(100);
// A learned path makes room for the next when nothing came by it for so long: the first time is for
// one that has not proven itself, the second for one that has.
constexpr Duration kHold = std::chrono::seconds(1), kHoldProven = std::chrono::seconds(20);

}  // namespace

Paths::Paths(const Settings& settings, const Address& address, RandomSource& random, TimePoint now)
    : settings_(settings), random_(random), progress_(now), probed_all_(now) {
  Path& path = paths_.emplace_back();
  path.address = address;
  path.learned = path.last_received = path.used = now;
}

void Paths::Offer(const std::vector<Address>& addresses, TimePoint now) {
  const Address in_use = active().address;
  std::vector<Path> next;
  const auto with = [](std::vector<Path>& paths, const Address& address) {
    return std::ranges::find(paths, address, &Path::address);
  };
  for (const Address& address : addresses) {
    if (next.size() == kMostOffered) break;
    if (with(next, address) != next.end()) continue;
    const auto known = with(paths_, address);
    Path& path = next.emplace_back();
    if (known != paths_.end())
      path = std::move(*known);
    else
      path.learned = now;
    const auto local = path.address.local;
    path.address = address;
    if (known != paths_.end()) path.address.local = local;
    path.offered = true;
  }

  // What was learned, and is in use or has proven itself, stays.
  for (Path& path : paths_) {
    if (with(next, path.address) != next.end()) continue;
    path.offered = false;
    if (path.address == in_use || path.is_proven()) next.push_back(std::move(path));
  }
  paths_ = std::move(next);
  active_ = static_cast<std::size_t>(with(paths_, in_use) - paths_.begin());
  probed_all_.reset();
}

Path* Paths::Find(const Address& address) {
  const auto found = std::ranges::find(paths_, address, &Path::address);
  return found == paths_.end() ? nullptr : &*found;
}

void Paths::Erase(std::size_t number) {
  paths_.erase(paths_.begin() + static_cast<std::ptrdiff_t>(number));
  if (number < active_) --active_;
}

Path* Paths::Learn(const Address& address, TimePoint now) {
  const auto learned = [&](const Path& path) { return !path.offered && &path != &active(); };

  if (static_cast<std::size_t>(std::ranges::count_if(paths_, learned)) >= kMostLearned) {
    // The one that has been silent for longest goes.
    std::size_t out = paths_.size();
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const Path& path = paths_[i];
      const Duration hold = path.is_proven() ? kHoldProven : kHold;
      if (!learned(path) || now - std::max(path.learned, path.last_received) < hold) continue;
      if (out == paths_.size() || path.last_received < paths_[out].last_received) out = i;
    }
    if (out == paths_.size()) return nullptr;
    Erase(out);
  }
  // The present one was the only one, so it was not probed.
  if (!several()) probed_all_ = now;

  Path& path = paths_.emplace_back();
  path.address = address;
  path.learned = now;
  return &path;
}

bool Paths::OnReceived(Path& path, const Address& from, bool uses, TimePoint now) {
  path.address.local = from.local;
  path.last_received = now;
  if (uses) {
    if (path.used <= active().used) path.use_began = now;
    path.used = now;
  }
  const bool new_use = uses && path.proven < path.use_began;
  return (new_use || !path.probed()) && MayProbeAt(path) <= now;
}

// One probe after the other: the answer to the one before says as much.
TimePoint Paths::MayProbeAt(const Path& path) const {
  return path.last().sent + (path.last().out ? kSuspectProbes : kProofPause);
}

Paths::Order Paths::Probe(Path& path, TimePoint now) {
  if (path.probed()) path.newest = (path.newest + 1) % path.probes.size();
  Path::Probe& probe = path.probes[path.newest];
  probe = {.sent = now, .out = true};
  random_.Fill(probe.nonce);
  return {path.address, probe.nonce};
}

bool Paths::OnAnswer(const Address& from, ByteView info, TimePoint now) {
  Path* path = Find(from);
  if (path == nullptr) return false;

  const auto probe = std::ranges::find_if(path->probes, [&](const Path::Probe& sent) {
    return sent.sent != TimePoint{} && std::ranges::equal(info, sent.nonce);
  });
  if (probe == path->probes.end()) return false;
  if (!probe->out) return true;  // it left twice: from a certain address, and from any

  probe->out = false;
  const Duration took = now - probe->sent;
  path->smoothed = path->smoothed == Duration{} ? took : (path->smoothed * 7 + took) / 8;
  path->address.local = from.local;
  path->last_received = now;
  // A use that began after the probe had left is not proven by it.
  path->proven = std::max(path->proven, probe->sent);
  path->tried = path->answers = true;
  ++path->in_row;

  if (path == &active()) {
    progress_ = now;
    // Another one's answer was only quicker.
    if (suspect()) wish_.reset();
    suspect_since_ = {};
  } else if (suspect()) {
    Wish(*path);
  }
  return true;
}

}  // namespace sctp
