// The order in which flows end: those that are silent for too long, and if a table is full, the
// least useful one when a new one comes. So neither a flood of forged addresses nor a client that
// asks from a new port each time keeps others out.
//
// A flow is of little use until its client has sent again after an answer: a forged address never
// does. Of these flows the one that is idle longest ends first; only if there is none, the one of
// the flows in use that is idle longest. Flows belong to a group (a client's address, a peer),
// which can get a share.
//
// Owned by the table of the flows, which leave it (Remove) before they are destroyed.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/clock.h"
#include "common/service/client/access_log.h"

namespace funnel::udpd {

class FlowRanks;

// What both kinds of flow have in common.
class RankedFlow {
 public:
  RankedFlow() = default;
  RankedFlow(const RankedFlow&) = delete;
  RankedFlow& operator=(const RankedFlow&) = delete;

  [[nodiscard]] TimePoint opened() const { return opened_; }
  [[nodiscard]] TimePoint active() const { return active_; }

  service::AccessCounts counts;

 private:
  friend class FlowRanks;
  enum class Use : std::size_t { kUnanswered, kAnswered, kInUse };
  static constexpr std::size_t kUses = 3;
  using Lists = std::array<std::list<RankedFlow*>, kUses>;  // each: the longest silent first
  struct Group {
    Lists lists;
    std::size_t size = 0;
  };

  TimePoint opened_{}, active_{};
  Use use_ = Use::kUnanswered;
  std::unordered_map<std::string, Group>::iterator group_;
  std::list<RankedFlow*>::iterator in_all_, in_group_;
  bool waiting_ = false;
};

class FlowRanks {
 public:
  struct Patience {
    Duration idle{};
    // For a flow with one question and one answer, and no more: most protocols are done then.
    Duration answered{};
  };

  void Add(RankedFlow& flow, const std::string& group, TimePoint now);
  void Remove(RankedFlow& flow);
  // The client has sent something, or the far end for it.
  void OnRequest(RankedFlow& flow, TimePoint now);
  void OnAnswer(RankedFlow& flow, TimePoint now);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t SizeOf(const std::string& group) const;

  // nullptr: there is none.
  [[nodiscard]] RankedFlow* LeastUseful() const { return LeastUseful(all_); }
  [[nodiscard]] RankedFlow* LeastUsefulOf(const std::string& group) const;
  [[nodiscard]] RankedFlow* LeastUsefulOfLargestGroup() const;
  // A flow whose time is over; nullptr: there is none.
  [[nodiscard]] RankedFlow* Expired(TimePoint now, const Patience& patience) const;
  // When the next flow's time will be over.
  [[nodiscard]] std::optional<TimePoint> NextExpiry(const Patience& patience) const;
  // SetWaiting(true): nothing carries FLOW at present; false: something does (again). At first it
  // does not wait.
  void SetWaiting(RankedFlow& flow, bool waiting);
  // The most useful of the flows that nothing carries, found without looking at the others;
  // nullptr: there is none.
  [[nodiscard]] RankedFlow* MostUsefulWaiting() const;
  // Visits the most useful first, until VISIT returns false. VISIT must not add or remove flows.
  void Visit(const std::function<bool(RankedFlow&)>& visit) const;

 private:
  using Use = RankedFlow::Use;
  using Lists = RankedFlow::Lists;

  // nullptr: there is none.
  static RankedFlow* LeastUseful(const Lists& lists);
  // FLOW was used: moves it to the end of the list of its usefulness.
  void Touch(RankedFlow& flow, Use use, TimePoint now);

  Lists all_;
  std::array<std::set<std::pair<TimePoint, RankedFlow*>>, RankedFlow::kUses> waiting_;
  std::size_t size_ = 0;
  std::unordered_map<std::string, RankedFlow::Group> groups_;
};

}  // namespace funnel::udpd
