// The sessions of one channel by number, those that a record may name, and how many there may be.
// Owned by the channel.
//
// The initiator counts numbers up and opens as many sessions as the acceptor's last SESSIONS
// record allows. Its records overtake each other, so an acceptor expects every session below the
// highest one that it saw named.
//
// A callback may end any session, so a session that was removed lives on (Phase::kGone) until the
// last Hold is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/wire/frame/record.h"
#include "common/wire/frame/types.h"
#include "common/wire/frame/violation.h"
#include "common/wire/session/session.h"

namespace funnel::wire {

class SessionTable {
 public:
  // What the initiator may open before the acceptor has said anything.
  static constexpr std::uint64_t kInitialLimit = 1024;

  // MOST: how many live sessions we want there to be, at either end.
  SessionTable(Role role, std::uint64_t most) : role_(role), most_(most) {}

  // While one lives, removed sessions are kept. Each call of the owner's that may end a session
  // has one.
  class Hold {
   public:
    explicit Hold(SessionTable& table) : table_(table) { ++table_.holds_; }
    ~Hold() {
      if (--table_.holds_ == 0 && !table_.gone_.empty()) table_.gone_.clear();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    SessionTable& table_;
  };

  // --- look-up; nullptr: there is none
  [[nodiscard]] Session* Find(SessionId id) { return Get(id); }
  [[nodiscard]] const Session* Find(SessionId id) const { return Get(id); }
  // One that the owner knows.
  [[nodiscard]] Session* FindOpen(SessionId id) { return Opened(Get(id)); }
  [[nodiscard]] const Session* FindOpen(SessionId id) const { return Opened(Get(id)); }
  // The one that a record names, made if an acceptor must expect it. nullptr: it has ended.
  [[nodiscard]] Checked<Session*> FindNamed(SessionId id);

  // --- changes
  // Initiator. nullptr: a limit is reached, and TakeAvailable() is true once it is not.
  [[nodiscard]] Session* Open();
  // SESSION is of this table. What it holds of the other parts was given back before.
  void Remove(Session& session);

  // --- the limit that the acceptor sets
  // Acceptor: the channel is confirmed, so a limit may be sent to the peer.
  void AllowTelling();
  [[nodiscard]] bool IsLimitDue() const { return limit_due_; }
  // The record to send. Needs IsLimitDue().
  [[nodiscard]] SessionsRecord ReportLimit();
  // Initiator: the peer's record came.
  [[nodiscard]] Checked<> OnLimit(const SessionsRecord& record);
  // Whether Open(), which failed, may succeed now. Once.
  [[nodiscard]] bool TakeAvailable() { return std::exchange(available_, false); }

  // --- all of them, in no order
  [[nodiscard]] bool empty() const { return sessions_.empty(); }
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  // More than we want there to be.
  [[nodiscard]] bool IsOverfull() const { return sessions_.size() > most_; }
  template <typename F>
  void ForEach(F visit) {
    for (auto& [number, session] : sessions_) visit(*session);
  }

 private:
  [[nodiscard]] Session* Get(SessionId id) const {
    const auto found = sessions_.find(id.value());
    return found == sessions_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] static Session* Opened(Session* session) {
    return session && session->phase == Session::Phase::kOpen ? session : nullptr;
  }
  Session& Add(SessionId id, Session::Phase phase);

  const Role role_;
  const std::uint64_t most_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Session>> gone_;
  int holds_ = 0;
  std::uint64_t next_ = 0;  // initiator: to open; acceptor: behind the highest named
  std::uint64_t ended_ = 0;
  std::uint64_t limit_ = kInitialLimit;  // by the acceptor's last word
  bool limit_due_ = false;
  bool wanted_ = false;
  bool available_ = false;
};

}  // namespace funnel::wire
