#include "common/service/backend/backend_pool.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "common/base/siphash.h"
#include "common/service/client/client_limits.h"

namespace funnel::service {
namespace {

// The same for all nodes and for ever: a client keeps its backend when an edge restarts, and at
// each of several nodes that serve it. Who knows the key can choose addresses that meet at one
// backend, but then has to own them.
constexpr SipHash::Key kKey = {};

// Of a backend that begins to return: enough to see whether it works.
constexpr double kLeastShare = 0.1;

// "192.0.2.1:4711" without its port; IPv6 by networks of 64 bits, as the limits for clients have
// it.
std::string ClientKey(std::string_view client) {
  const auto endpoint = config::Endpoint::ParseHost(client, config::Endpoint::Port::kOptional);
  if (!endpoint) return std::string(client);
  const auto literal = endpoint->literal();
  return literal ? ClientOf(*literal) : endpoint->host;
}

// Evenly between 0 and 1, and neither of both.
double Draw(const std::string& text) {
  const auto hash = SipHash(kKey).Hash64(AsBytes(text)) >> 11;  // a double has 53 bits
  return (static_cast<double>(hash) + 0.5) / static_cast<double>(std::uint64_t{1} << 53);
}

}  // namespace

struct BackendPool::Entry {
  BackendId id;
  config::Backend line;
  bool listed = true;
  double turn = 0;  // how much of a turn it has saved up
  std::uint64_t sessions = 0;
  std::uint64_t sessions_total = 0;
  std::uint32_t failures = 0;  // in a row
  std::uint64_t failures_total = 0;
  std::string error;                      // of the last failure
  std::optional<TimePoint> down_since{};  // until it works
  TimePoint returns{};                    // when its down-time is over
  TimePoint up_since{};                   // {}: it was never down
  CheckRecord checks;
  std::unique_ptr<BackendData> data;

  // The service has no checks any more: if they took it down, sessions show whether it works.
  void ForgetChecks() {
    if (checks.down()) returns = {};
    checks = {};
  }
};

BackendPool::Use::Use(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {
  ++entry_->sessions;
  ++entry_->sessions_total;
}

BackendPool::Use::~Use() {
  if (entry_) --entry_->sessions;
}

BackendPool::Use& BackendPool::Use::operator=(Use&& other) noexcept {
  const Use former = std::move(*this);
  entry_ = std::move(other.entry_);
  return *this;
}

BackendId BackendPool::Use::id() const { return entry_->id; }

const config::Endpoint& BackendPool::Use::endpoint() const { return entry_->line.endpoint; }

bool BackendPool::Use::listed() const { return entry_->listed; }

std::unique_ptr<BackendData>& BackendPool::Use::data() const { return entry_->data; }

void BackendPool::Configure(const config::ServiceConfig& service) {
  balance_ = service.balance;
  down_after_ = service.down_after;
  down_time_ = service.down_time;
  slow_return_ = service.slow_return;
  check_limits_ = {.rise = service.check_rise, .fall = service.check_fall};
  const bool checks = service.check.kind != config::HealthCheck::Kind::kNone;
  const auto former = std::exchange(entries_, {});
  for (const auto& entry : former) entry->listed = false;

  for (const config::Backend& line : service.connect_address) {
    const auto same = std::ranges::find_if(
        former, [&](const auto& entry) { return entry->line.endpoint == line.endpoint; });
    auto entry = same != former.end() ? *same : std::make_shared<Entry>();
    if (entry->id == BackendId{}) entry->id = BackendId(++last_id_);
    entry->line = line;
    if (!checks) entry->ForgetChecks();
    entry->listed = true;
    entries_.push_back(std::move(entry));
  }

  std::erase_if(removed_, [](const auto& entry) { return entry->sessions == 0; });
  std::ranges::copy_if(former, std::back_inserter(removed_),
                       [](const auto& entry) { return !entry->listed; });
}

BackendPool::State BackendPool::StateOf(const Entry& entry, TimePoint now) {
  if (!entry.down_since) return State::kUp;
  return now < entry.returns ? State::kDown : State::kReturning;
}

double BackendPool::WeightOf(const Entry& entry, TimePoint now) const {
  const double weight = entry.line.weight;
  // What returned goes on growing when it has worked; what never was down has its full weight.
  if (entry.returns == TimePoint{} || now < entry.returns || slow_return_ <= Duration::zero())
    return weight;
  const std::chrono::duration<double> grown = now - entry.returns;
  return weight * std::clamp(grown / slow_return_, kLeastShare, 1.0);
}

BackendPool::Candidates BackendPool::CandidatesBut(std::span<const BackendId> tried,
                                                   TimePoint now) const {
  for (const bool down : {false, true}) {
    for (const bool backup : {false, true}) {
      Candidates found;
      std::ranges::copy_if(entries_, std::back_inserter(found), [&](const auto& entry) {
        return entry->line.backup == backup && (StateOf(*entry, now) == State::kDown) == down &&
               std::ranges::find(tried, entry->id) == tried.end();
      });
      if (!found.empty()) return found;
    }
  }
  return {};
}

BackendPool::Use BackendPool::Pick(std::string_view client, std::span<const BackendId> tried,
                                   TimePoint now) {
  Candidates candidates = CandidatesBut(tried, now);
  if (candidates.empty()) return {};
  if (balance_ == config::Balance::kClient && !client.empty())
    return Use(ForClient(candidates, client, now));
  if (balance_ == config::Balance::kLeastSessions) KeepLeastUsed(candidates, now);
  return Use(NextInTurn(candidates, now));
}

// Each saves up its weight, and whose turn it is pays for all: of weights 5 and 1 the second one's
// turn comes in the middle of the other's, not after it.
std::shared_ptr<BackendPool::Entry> BackendPool::NextInTurn(const Candidates& candidates,
                                                            TimePoint now) const {
  double total = 0;
  for (const auto& entry : candidates) {
    const double weight = WeightOf(*entry, now);
    entry->turn += weight;
    total += weight;
  }
  auto next =
      *std::ranges::max_element(candidates, {}, [](const auto& entry) { return entry->turn; });
  next->turn -= total;
  return next;
}

void BackendPool::KeepLeastUsed(Candidates& candidates, TimePoint now) const {
  const auto load = [&](const std::shared_ptr<Entry>& entry) {
    return static_cast<double>(entry->sessions) / WeightOf(*entry, now);
  };
  const double least = load(*std::ranges::min_element(candidates, {}, load));
  std::erase_if(candidates, [&](const auto& entry) { return load(entry) > least; });
}

// Rendezvous hashing: each backend draws a number for this client, and the best one has it, which
// does not depend on what the others draw. The logarithm makes the weights hold.
std::shared_ptr<BackendPool::Entry> BackendPool::ForClient(const Candidates& candidates,
                                                           std::string_view client,
                                                           TimePoint now) const {
  const std::string key = ClientKey(client);
  return *std::ranges::min_element(candidates, {}, [&](const auto& entry) {
    return -std::log(Draw(entry->line.endpoint.text() + '\0' + key)) / WeightOf(*entry, now);
  });
}

BackendPool::Change BackendPool::OnWorked(const Use& use, TimePoint now) {
  Entry& entry = *use.entry_;
  entry.failures = 0;
  if (!entry.down_since || entry.checks.down()) return Change::kNone;
  entry.down_since.reset();
  entry.up_since = now;
  // It may have worked as the last resort, before its time: it grows from now on.
  entry.returns = std::min(entry.returns, now);
  return Change::kCameUp;
}

BackendPool::Change BackendPool::OnFailed(const Use& use, const std::string& why, TimePoint now) {
  Entry& entry = *use.entry_;
  ++entry.failures_total;
  entry.error = why;
  if (down_after_ == 0 || (++entry.failures < down_after_ && !entry.down_since))
    return Change::kNone;
  if (entry.checks.down()) return Change::kNone;
  entry.checks.StartOver();
  entry.returns = now + down_time_;
  if (entry.down_since) return Change::kNone;
  entry.down_since = now;
  return Change::kWentDown;
}

BackendPool::Change BackendPool::OnChecked(BackendId backend, const Result<>& result,
                                           TimePoint now) {
  const auto at = std::ranges::find(entries_, backend, [](const auto& entry) { return entry->id; });
  if (at == entries_.end()) return Change::kNone;
  Entry& entry = **at;
  const bool was_down = entry.checks.down();
  entry.checks.Add(result, check_limits_, now);

  if (entry.checks.down()) {
    if (!result) entry.error = "check: " + result.error().message;
    entry.returns = TimePoint::max();
    if (entry.down_since) return Change::kNone;
    entry.down_since = now;
    return Change::kWentDown;
  }

  // What sessions said holds for down-time.
  if (!entry.down_since || !entry.checks.risen(check_limits_.rise) ||
      (!was_down && now < entry.returns))
    return Change::kNone;
  entry.down_since.reset();
  entry.up_since = entry.returns = now;
  entry.failures = 0;
  return Change::kCameUp;
}

bool BackendPool::ShouldLeave(const Use& use, TimePoint now) const {
  if (!use.listed()) return true;
  return StateOf(*use.entry_, now) == State::kDown &&
         std::ranges::any_of(
             entries_, [&](const auto& entry) { return StateOf(*entry, now) != State::kDown; });
}

std::size_t BackendPool::down_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [](const auto& entry) { return entry->down_since.has_value(); }));
}

bool BackendPool::AllFailChecks() const {
  return !entries_.empty() &&
         std::ranges::all_of(entries_, [](const auto& entry) { return entry->checks.down(); });
}

void BackendPool::Visit(TimePoint now, const std::function<void(const View&)>& visit) const {
  for (const auto& entry : entries_) {
    visit({.id = entry->id,
           .line = entry->line,
           .state = StateOf(*entry, now),
           .since = entry->down_since.value_or(entry->up_since),
           .error = entry->error,
           .sessions = entry->sessions,
           .sessions_total = entry->sessions_total,
           .failures_total = entry->failures_total,
           .checks = entry->checks});
  }
}

}  // namespace funnel::service
