// The order in which flows end: those that are silent for too long, and, where a table is full, the
// least useful one when a new one comes. So neither a flood of made-up addresses nor a client that
// asks from a new port each time keeps others out.
//
// A flow is of little use until its client has sent again after an answer: a made-up address never
// does. Of these flows the longest idle ends first; only where there is none, the longest idle of
// those in use. Flows belong to a group (a client's address, a peer), which can be given a share.
//
// Owned by the table of the flows; they leave it (Remove) before they are destroyed.
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
#include "common/service/access_log.h"

namespace funnel::udpd {

class FlowRanks;

// What each kind of flow has in common.
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
    // With one that was asked and answered once, and no more: most protocols are done then.
    Duration answered{};
  };

  void Add(RankedFlow& flow, const std::string& group, TimePoint now);
  void Remove(RankedFlow& flow);
  // Its client, or the far end for it, has sent something.
  void OnRequest(RankedFlow& flow, TimePoint now);
  void OnAnswer(RankedFlow& flow, TimePoint now);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t SizeOf(const std::string& group) const;

  // nullptr: there is none.
  [[nodiscard]] RankedFlow* LeastUseful() const { return LeastUseful(all_); }
  [[nodiscard]] RankedFlow* LeastUsefulOf(const std::string& group) const;
  [[nodiscard]] RankedFlow* LeastUsefulOfLargestGroup() const;
  // One whose time is over; nullptr: none.
  [[nodiscard]] RankedFlow* Expired(TimePoint now, const Patience& patience) const;
  // When there will be one.
  [[nodiscard]] std::optional<TimePoint> NextExpiry(const Patience& patience) const;
  // Nothing carries FLOW at present, or something does (again). At first nothing is to.
  void SetWaiting(RankedFlow& flow, bool waiting);
  // The most useful of those that nothing carries, however many others there are; nullptr: there is
  // none.
  [[nodiscard]] RankedFlow* MostUsefulWaiting() const;
  // The most useful first, until VISIT returns false. It may not add or remove flows.
  void Visit(const std::function<bool(RankedFlow&)>& visit) const;

 private:
  using Use = RankedFlow::Use;
  using Lists = RankedFlow::Lists;

  // nullptr: there is none.
  static RankedFlow* LeastUseful(const Lists& lists);
  // FLOW was used: it goes to the end of the list of its usefulness.
  void Touch(RankedFlow& flow, Use use, TimePoint now);

  Lists all_;
  std::array<std::set<std::pair<TimePoint, RankedFlow*>>, RankedFlow::kUses> waiting_;
  std::size_t size_ = 0;
  std::unordered_map<std::string, RankedFlow::Group> groups_;
};

}  // namespace funnel::udpd
