// Looks up the names of targets, each once: at most so many at a time, on threads of their own
// (net::Resolver), and of one peer at most half of them, so that names which are never answered
// hold up those of nobody else. The rest waits; peers take turns. A lookup that nobody waits for
// any more goes on to its end, and counts until then: its thread cannot be stopped.
//
// Owned by TargetDialer, on the loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "common/base/ids.h"
#include "common/net/resolver.h"

namespace funnel::tcpd {

class Lookups {
 public:
  using Id = std::uint64_t;
  using Done = std::function<void(const net::Resolver::Answer&)>;

  explicit Lookups(event::Loop& loop)
      : loop_(loop), sweep_(loop.AddTurnHook([this] { Sweep(); })) {}

  // For PEER; at most MOST run at a time. DONE is called once, never from here, unless Forget() is
  // called first.
  void Start(Id id, const std::string& peer, const config::Endpoint& endpoint, std::size_t most,
             Done done);
  void Forget(Id id);

 private:
  struct Lookup {
    Id id = 0;  // 0: it was forgotten
    std::string peer;
    config::Endpoint endpoint;
    Done done;
    std::unique_ptr<net::Resolver> resolver;  // null: it has not begun
    bool over = false;
  };

  // One that has lookups.
  struct Peer {
    std::deque<Lookup> waiting;
    std::size_t running = 0;
  };

  // As many of those that wait as may run.
  void BeginNext();
  void Begin(Peer& peer);
  void OnAnswer(Lookup& lookup, const net::Resolver::Answer& answer);
  // Destroys those that are over, outside of their own callback.
  void Sweep();

  event::Loop& loop_;
  std::size_t most_ = 1;
  std::map<std::string, Peer> peers_;
  std::deque<std::string> turns_;  // peers with lookups that wait; the next one is first
  std::list<Lookup> running_;
  std::unique_ptr<event::TurnHook> sweep_;
};

}  // namespace funnel::tcpd
