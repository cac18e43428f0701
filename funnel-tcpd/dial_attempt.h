// One session's attempt to reach a backend that has IP addresses: it connects sockets to one
// address after the other, in parallel where they are silent (common/net/address_race.h).
//
// Owned by Dialer, on the loop's thread. Call order: Start(), then Run() when it is due() and after
// each OnProgress(), until it says that it is over.
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
    // Something has connected or failed: Run() returns which. ATTEMPT may be destroyed from here.
    virtual void OnProgress(DialAttempt& attempt) = 0;
  };
  enum class Outcome { kPending, kConnected, kFailed };

  // HEADER is sent before anything else. All references outlive it.
  DialAttempt(SharedState& shared, net::AddressOrder& order, User& user, DialId id, Bytes header);
  [[nodiscard]] DialId id() const { return id_; }

  // FOUND is what the resolver says; they have WHOLE to answer in.
  void Start(std::span<const SocketAddress> found, Duration whole, TimePoint now);
  // Begins what is due.
  [[nodiscard]] Outcome Run(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> due() const;
  // After kConnected: non-blocking, the header is sent.
  [[nodiscard]] UniqueFd TakeConnected() { return std::move(connected_); }
  // The time is over: what is still silent has failed.
  void GiveUp();
  // What each address answered.
  [[nodiscard]] std::string error() const;

 private:
  // The connection to one address while it is being made.
  struct Socket final : event::DescriptorHandler {
    void OnReady(std::uint32_t events) override;

    DialAttempt* attempt = nullptr;
    SocketAddress address;
    UniqueFd fd;
    event::Registration watch;
  };

  // Starts to connect to ADDRESS, in parallel to those that are silent.
  void Begin(const SocketAddress& address, TimePoint now);
  // SOCKET's socket is connected.
  void Win(Socket& socket);
  // ADDRESS does not serve; WHY goes into the error of the whole attempt.
  void Fail(const SocketAddress& address, const std::string& why, TimePoint now);
  // Whether all of the PROXY header was taken.
  [[nodiscard]] bool SendHeader(Socket& socket);

  SharedState& shared_;
  net::AddressOrder& order_;
  User& user_;
  DialId id_;
  Bytes header_;
  std::optional<net::AddressRace> race_;
  std::vector<std::unique_ptr<Socket>> sockets_;  // the oldest first
  std::vector<std::string> errors_;
  UniqueFd connected_;
};

// Sends HEADER on a new socket, whose buffer takes the few bytes at once, or the connection is
// broken.
[[nodiscard]] Result<> SendWhole(int fd, ByteView header);

}  // namespace funnel::tcpd
