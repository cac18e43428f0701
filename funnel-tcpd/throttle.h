// client-byte-rate and peer-byte-rate over TCP: nothing is read from a client, or written for a
// peer, that has sent more than its rate allows, until it has made up for that. Its connections
// take turns: of those that wait, the one that has waited longest reads next, until its sender is
// in debt again. No sender waits for another.
//
// Owned by SharedState, on the loop's thread. Where the service has no such rate, it costs a
// connection the memory of its Reader.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/deadlines.h"
#include "common/event/loop.h"
#include "common/service/client/rate_limits.h"

namespace funnel::tcpd {

class Throttle {
 public:
  // A connection that WHO sends on, as the limits know it. It takes itself out when it goes.
  class Reader {
   public:
    explicit Reader(std::string who) : who_(std::move(who)) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    virtual ~Reader();
    [[nodiscard]] bool waits() const { return waits_in_ != nullptr; }

    // It was told to wait, and may read now. It may not call the throttle from here, but read in
    // its next turn.
    virtual void OnMayRead() = 0;

   private:
    friend class Throttle;
    std::string who_;
    bool has_turn_ = false;
    Throttle* waits_in_ = nullptr;
    std::list<Reader*>::iterator place_;
  };

  // RATES says which are in force; both of them outlive this, as the loop does.
  Throttle(event::Loop& loop, service::RateLimits& limits,
           std::function<service::RateLimits::Rates()> rates);

  // Whether READER may read now; if not, OnMayRead() follows.
  [[nodiscard]] bool MayRead(Reader& reader, TimePoint now);
  // READER has read so many bytes.
  void OnRead(Reader& reader, std::size_t bytes, TimePoint now);
  // The rate may be another.
  void OnReload();

 private:
  // Those of one sender that wait, the next one first.
  struct Queue {
    Queue() : next(*this) {}
    std::list<Reader*> readers;
    Deadlines<Queue>::Deadline next;
  };

  void Enqueue(Reader& reader, TimePoint now);
  void Leave(Reader& reader);
  // The first of QUEUE reads, if its sender is out of debt.
  void Serve(Queue& queue, TimePoint now);
  void OnTimer();
  void ArmTimer();

  service::RateLimits& limits_;
  std::function<service::RateLimits::Rates()> rates_;
  Deadlines<Queue> deadlines_;
  std::unordered_map<std::string, Queue> queues_;  // by Reader::who_
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::tcpd
