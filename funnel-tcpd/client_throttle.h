// client-byte-rate over TCP: nothing is read from a client that has sent more than its rate allows,
// until it has made up for that. Its connections take turns: of those that wait, the one that has
// waited longest reads next, until its client is in debt again. No client waits for another.
//
// Owned by SharedState, on the loop's thread. Where the service has no such rate, it costs a
// connection the memory of its Reader.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "common/base/deadlines.h"
#include "common/base/socket_address.h"
#include "common/config/service_config.h"
#include "common/event/loop.h"
#include "common/service/client/client_limits.h"

namespace funnel::tcpd {

class ClientThrottle {
 public:
  // A connection that a client sends on. It takes itself out when it goes.
  class Reader {
   public:
    explicit Reader(const SocketAddress& client) : client_(client) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    virtual ~Reader();
    [[nodiscard]] const SocketAddress& client() const { return client_; }
    [[nodiscard]] bool waits() const { return waits_in_ != nullptr; }

    // It was told to wait, and may read now. It may not call the throttle from here, but read in
    // its next turn.
    virtual void OnMayRead() = 0;

   private:
    friend class ClientThrottle;
    SocketAddress client_;
    bool has_turn_ = false;
    ClientThrottle* waits_in_ = nullptr;
    std::list<Reader*>::iterator place_;
  };

  // LIMITS has the clients' rates; all of them outlive this.
  ClientThrottle(event::Loop& loop, const config::ServiceConfig& service,
                 service::ClientLimits& limits);

  // Whether READER may read now; if not, OnMayRead() follows.
  [[nodiscard]] bool MayRead(Reader& reader, TimePoint now);
  // READER has read so many bytes.
  void OnRead(Reader& reader, std::size_t bytes, TimePoint now);
  // The rate may be another.
  void OnReload();

 private:
  // Those of one client that wait, the next one first.
  struct Queue {
    Queue() : next(*this) {}
    std::list<Reader*> readers;
    Deadlines<Queue>::Deadline next;
  };

  void Enqueue(Reader& reader, TimePoint now);
  void Leave(Reader& reader);
  // The first of QUEUE reads, if its client is out of debt.
  void Serve(Queue& queue, TimePoint now);
  void OnTimer();
  void ArmTimer();

  const config::ServiceConfig& service_;
  service::ClientLimits& limits_;
  Deadlines<Queue> deadlines_;
  std::unordered_map<std::string, Queue> queues_;  // by ClientOf()
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::tcpd
