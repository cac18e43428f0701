// One session's attempt to reach a backend that has IP addresses: it connects sockets to one
// address after the other, in parallel if they do not answer (common/net/address_race.h).
//
// Owned by Dialer, on the loop's thread. Call order: Start(), then Run() when it is due() and after
// each OnProgress(), until Run() returns that it is over.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/event/descriptors.h"
#include "common/net/address_order.h"
#include "common/net/address_race.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

using DialId = StrongId<struct DialTag, std::uint64_t>;  // 0: none

class DialAttempt final {
 public:
  class User {
   public:
    virtual ~User() = default;
    // A socket has connected or failed: Run() returns which. ATTEMPT may be destroyed inside this
    // call.
    virtual void OnProgress(DialAttempt& attempt) = 0;
  };
  enum class Outcome { kPending, kConnected, kFailed };

  // HEADER is sent before anything else. All references must outlive this.
  DialAttempt(SharedState& shared, net::AddressOrder& order, User& user, DialId id, Bytes header);
  [[nodiscard]] DialId id() const { return id_; }

  // Whose the connection is: its source, with source = transparent.
  void set_client(const SocketAddress& client) { client_ = client; }
  // FOUND are the resolver's addresses; they have WHOLE to answer.
  void Start(std::span<const SocketAddress> found, Duration whole, TimePoint now);
  // Starts what is due.
  [[nodiscard]] Outcome Run(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> due() const;
  // After kConnected. The socket is non-blocking, and the header was sent.
  [[nodiscard]] UniqueFd TakeConnected() { return std::move(connected_); }
  // The time is over: the addresses that have not answered have failed.
  void GiveUp();
  // What each address answered, with the errno of the last one that was asked at all.
  [[nodiscard]] Error error() const;
  // What counts that: kConnectFailed, or that this node has not got the service's source, which is
  // no backend's fault.
  [[nodiscard]] CounterIndex failed_counter() const;

 private:
  // The connection to one address, until it stands.
  struct Socket final : event::DescriptorHandler {
    void OnReady(std::uint32_t events) override;

    DialAttempt* attempt = nullptr;
    SocketAddress address;
    UniqueFd fd;
    event::Registration watch;
  };

  // Starts to connect to ADDRESS, in parallel to those that have not answered.
  void Begin(const SocketAddress& address, TimePoint now);
  // SOCKET has connected.
  void Win(Socket& socket);
  // ADDRESS cannot be used; WHY goes into the error of the whole attempt.
  void Fail(const SocketAddress& address, const Error& why, TimePoint now);

  SharedState& shared_;
  net::AddressOrder& order_;
  User& user_;
  DialId id_;
  Bytes header_;
  SocketAddress client_;
  std::optional<net::AddressRace> race_;
  std::vector<std::unique_ptr<Socket>> sockets_;  // the oldest first
  std::vector<std::string> errors_;
  int last_errno_ = 0;
  UniqueFd connected_;
};

// Sends HEADER on a new socket. Its buffer takes the few bytes at once, or the connection is
// broken.
[[nodiscard]] Result<> SendWhole(int fd, ByteView header);

}  // namespace funnel::tcpd
