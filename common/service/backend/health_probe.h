// One backend's check: looks up its name, connects a socket to one address after the other, sends
// what the check says, and waits for the answer. All of it ends within check-timeout; each address
// has an equal share of what is left of that.
//
// Owned by HealthChecker, on the loop's thread. One check at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/secret.h"
#include "common/event/descriptors.h"
#include "common/net/address_order.h"
#include "common/net/resolver.h"
#include "common/net/source_socket.h"
#include "common/service/backend/backend_pool.h"
#include "common/service/backend/check_dialogue.h"

namespace funnel::service {

class HealthProbe final : private event::DescriptorHandler {
 public:
  class User {
   public:
    virtual ~User() = default;
    // The check is over; net::IsUsedUp: it could not be made for want of a port. It may have been
    // one that Start() has just begun. Starting the next one inside this call is not allowed, and
    // neither is destroying PROBE.
    virtual void OnProbeDone(HealthProbe& probe, const Result<>& result) = 0;
    // due() has changed.
    virtual void OnProbeWaits() = 0;
  };
  // What all probes of a service share.
  struct Setup {
    event::Loop& loop;
    event::EpollSet& sockets;
    const config::ServiceConfig& service;
    User& user;
    Bytes preface;            // ahead of the question, in the same datagram
    Result<Secret> secret;    // of the check, if it has one; an error: each check fails with it
    net::SourcePorts& ports;  // for the checks' own sockets
  };

  HealthProbe(const Setup& setup, BackendId backend, config::Endpoint endpoint);
  [[nodiscard]] BackendId backend() const { return backend_; }

  // Begins a check. None is under way.
  void Start(TimePoint now);
  // When OnTime() must be called; nullopt: no check is under way.
  [[nodiscard]] std::optional<TimePoint> due() const { return due_; }
  void OnTime(TimePoint now);

 private:
  void OnResolved(std::uint64_t number, const net::Resolver::Answer& answer);
  // Goes on to the next address, or ends the check.
  void Next(TimePoint now);
  // Begins with ADDRESS (or the Unix socket, if it has no family). A failure is final for it.
  [[nodiscard]] Result<> Connect(const SocketAddress& address, TimePoint now);
  [[nodiscard]] Result<> OpenForDatagrams(const SocketAddress& address, TimePoint now);
  [[nodiscard]] Result<> ConnectUnix();
  // The socket is connected: sends what the check says.
  [[nodiscard]] Result<> OnConnected();
  void OnReady(std::uint32_t events) override;
  [[nodiscard]] Result<> OnReadable();
  // The present address has failed.
  void OnAddressFailed(const std::string& why);
  void CloseSocket();
  void Finish(const Result<>& result);

  const Setup& setup_;
  BackendId backend_;
  config::Endpoint endpoint_;
  net::Resolver resolver_;
  net::AddressOrder order_;

  // Of the check under way.
  std::uint64_t number_ = 0;
  std::optional<TimePoint> due_;
  TimePoint deadline_{};
  std::optional<CheckDialogue> dialogue_;
  std::vector<SocketAddress> left_;  // the next one last
  SocketAddress address_;
  std::string error_;     // what the addresses so far said
  bool no_port_ = false;  // one of them was not asked: no port of `source` was free
  bool connecting_ = false;
  bool passed_ = false;
  Bytes answer_;  // of a connection
  UniqueFd fd_;
  event::Registration watch_;
};

}  // namespace funnel::service
