// Connects to the service's backend, one new connection for each session: a TCP address, a name
// (each of its addresses in turn), or a Unix socket.
//
// Owned by the connecting side, on the loop's thread. Answers come from the end of a turn, never
// from inside Dial(). The number of dials under way is bounded by max-sessions.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/event/descriptors.h"
#include "common/net/resolver.h"
#include "funnel-tcpd/edge_parts.h"

namespace funnel::tcpd {

using DialId = StrongId<struct DialTag, std::uint64_t>;  // 0: none

class Dialer {
 public:
  // Gets the connected socket, non-blocking and ready for bytes of the session; or why there is
  // none, which has been logged and counted.
  using Done = std::function<void(Result<UniqueFd>)>;

  explicit Dialer(EdgeParts& parts);

  // HEADER is sent before anything else. DONE is called exactly once, unless Cancel() comes first.
  [[nodiscard]] DialId Dial(Bytes header, Done done);
  void Cancel(DialId id);

 private:
  // One session's way to the backend.
  struct Attempt final : event::DescriptorHandler {
    void OnReady(std::uint32_t events) override;

    Dialer* dialer = nullptr;
    DialId id;
    Done done;
    Bytes header;
    std::vector<SocketAddress> addresses;
    std::size_t next = 0;  // of `addresses`
    std::string last_error = "no address";
    UniqueFd fd;
    event::Registration watch;
  };
  struct Deadline {
    TimePoint at;
    DialId id;
  };
  struct Answer {
    DialId id;
    Done done;
    Result<UniqueFd> result;
  };
  enum class Progress { kConnected, kPending, kBusy, kFailed };

  void TryNext(Attempt& attempt);
  void TryUnix(Attempt& attempt);
  [[nodiscard]] Progress Connect(Attempt& attempt, const sockaddr* address, socklen_t size);
  [[nodiscard]] bool SendHeader(Attempt& attempt);
  void Finish(Attempt& attempt, Result<UniqueFd> result);
  void FailAttempt(Attempt& attempt, CounterIndex counter, const std::string& why);
  void OnDeadline();
  void RetryBusy();
  void DeliverAnswers();

  EdgeParts& parts_;
  net::Resolver resolver_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<DialId, std::unique_ptr<Attempt>> attempts_;
  std::deque<Deadline> deadlines_;  // in order, for all wait equally long
  std::vector<DialId> busy_;        // the Unix backend's backlog was full
  std::deque<Answer> answers_;
  std::unique_ptr<event::Timer> deadline_timer_, retry_timer_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::tcpd
