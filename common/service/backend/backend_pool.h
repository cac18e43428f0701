// The backends of a connecting service, and which of them a new session gets: by its turn, by how
// many sessions each has, or by the client's address, always in proportion to the weights.
//
// What became of sessions tells which backends are of use:
//
//   up -- down-after failures in a row --> down -- down-time --> returning -- it works --> up
//                                            ^---- one failure ------'
//
// Where a service has checks, check-fall of them in a row take a backend down, too, and then only
// check-rise in a row bring it up again, whatever becomes of sessions.
//
// No I/O and no clock. Owned by the edge's shared state; thread: the loop's. Call Configure()
// before anything else, and after each reload.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/config/service_config.h"
#include "common/service/backend/check_record.h"

namespace funnel::service {

// A backend for as long as it is configured, unique while the process runs.
using BackendId = StrongId<struct BackendTag, std::uint64_t>;

// What an application stores with a backend.
class BackendData {
 public:
  virtual ~BackendData() = default;
};

class BackendPool {
 private:
  struct Entry;

 public:
  // A session's place at a backend, which counts it until this is destroyed. It stays valid if a
  // reload removes the backend.
  class Use {
   public:
    Use() = default;
    ~Use();
    Use(Use&& other) noexcept = default;
    Use& operator=(Use&& other) noexcept;

    explicit operator bool() const { return entry_ != nullptr; }
    // All below only if there is a backend.
    [[nodiscard]] BackendId id() const;
    [[nodiscard]] const config::Endpoint& endpoint() const;
    // Whether the configuration still has it.
    [[nodiscard]] bool listed() const;
    // Belongs to the application; null at first. It lives as long as the backend is listed or
    // anybody uses it; of an unlisted one only Configure() destroys it, so callbacks may drop the
    // last use.
    [[nodiscard]] std::unique_ptr<BackendData>& data() const;

   private:
    friend class BackendPool;
    explicit Use(std::shared_ptr<Entry> entry);
    // Shared with the pool: sessions stay when a reload removes their backend.
    std::shared_ptr<Entry> entry_;
  };

  enum class State { kUp, kDown, kReturning };
  // What a report about a backend has changed.
  enum class Change { kNone, kWentDown, kCameUp };

  // Backends that were there before keep what is known about them.
  void Configure(const config::ServiceConfig& service);

  // The backend for a new session of CLIENT ("192.0.2.1:4711"; empty: not known), none of TRIED.
  // A backup is taken only if no other backend is left that is not down, and one that is down only
  // if there is no other at all. Without a backend: all were tried.
  [[nodiscard]] Use Pick(std::string_view client, std::span<const BackendId> tried, TimePoint now);

  // A session of USE works: the backend took its connection, or answered.
  [[nodiscard]] Change OnWorked(const Use& use, TimePoint now);
  // The backend does not take a session, or refuses what it gets, because of WHY.
  [[nodiscard]] Change OnFailed(const Use& use, const std::string& why, TimePoint now);
  // BACKEND has passed a check, or failed for the reason in RESULT. It may be one that a reload
  // removed.
  [[nodiscard]] Change OnChecked(BackendId backend, const Result<>& result, TimePoint now);
  // Whether a flow should leave its backend: it is not listed, or down while another one is not.
  [[nodiscard]] bool ShouldLeave(const Use& use, TimePoint now) const;
  // Backends that were down and have not worked since.
  [[nodiscard]] std::size_t down_count() const;

  // Whether there are backends, and each was taken down by its checks.
  [[nodiscard]] bool AllFailChecks() const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // For funnelctl, in the order of the configuration.
  struct View {
    BackendId id;
    const config::Backend& line;
    State state = State::kUp;
    TimePoint since{};       // of the state; of kReturning when it went down
    std::string_view error;  // of its last failure
    std::uint64_t sessions = 0;
    std::uint64_t sessions_total = 0;
    std::uint64_t failures_total = 0;
    const CheckRecord& checks;
  };
  void Visit(TimePoint now, const std::function<void(const View&)>& visit) const;

 private:
  using Candidates = std::vector<std::shared_ptr<Entry>>;

  [[nodiscard]] static State StateOf(const Entry& entry, TimePoint now);
  // Its share now: less than its weight while it returns.
  [[nodiscard]] double WeightOf(const Entry& entry, TimePoint now) const;
  // Those that may be taken now: all of them are backups, or none, and all are down, or none.
  [[nodiscard]] Candidates CandidatesBut(std::span<const BackendId> tried, TimePoint now) const;
  // Of these the next in turn: in the long run each as often as its weight says, and evenly spread.
  [[nodiscard]] std::shared_ptr<Entry> NextInTurn(const Candidates& candidates,
                                                  TimePoint now) const;
  // Leaves those that have the fewest sessions for their weight.
  void KeepLeastUsed(Candidates& candidates, TimePoint now) const;
  // The one that CLIENT belongs to. If another one goes, it stays the same.
  [[nodiscard]] std::shared_ptr<Entry> ForClient(const Candidates& candidates,
                                                 std::string_view client, TimePoint now) const;

  config::Balance balance_ = config::Balance::kRoundRobin;
  std::uint32_t down_after_ = 0;
  Duration down_time_{}, slow_return_{};
  CheckRecord::Limits check_limits_;
  std::vector<std::shared_ptr<Entry>> entries_;
  std::vector<std::shared_ptr<Entry>> removed_;  // by reloads; sessions may still use them
  std::uint64_t last_id_ = 0;
};

}  // namespace funnel::service
