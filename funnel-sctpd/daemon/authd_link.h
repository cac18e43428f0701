// The connection to our authd: kept up, with backoff while authd is away. What is to be asked again
// when it is back is the listener's business.
#pragma once

#include <memory>
#include <string>

#include "common/event/loop.h"
#include "common/ipc/control_connection.h"
#include "funnel-sctpd/association/backoff.h"
#include "funnel-sctpd/interfaces.h"

namespace funnel::sctpd {

class AuthdListener {
 public:
  virtual ~AuthdListener() = default;
  virtual void OnAuthdUp() = 0;
  virtual void OnAuthdDown() = 0;
  virtual void OnAccepted(const ipc::Accepted& verdict) = 0;
  virtual void OnAcceptRefused(const ipc::AcceptRefused& verdict) = 0;
  virtual void OnVerified(const ipc::PeerVerified& verdict) = 0;
  virtual void OnVerifyFailed(const ipc::PeerFailed& verdict) = 0;
  virtual void OnPeerFrame(const ipc::PeerFrame& message) = 0;
};

class AuthdLink final : public AuthdInterface {
 public:
  // Start() begins; LISTENER is called from the loop only and outlives it.
  AuthdLink(event::Loop& loop, std::string path, AuthdListener& listener);
  void Start() { Connect(); }

  [[nodiscard]] bool connected() const override { return connection_ != nullptr; }
  void Send(const ipc::Accept& message) override { SendIfConnected(message); }
  void Send(const ipc::DropClaim& message) override { SendIfConnected(message); }
  void Send(const ipc::PeerStart& message) override { SendIfConnected(message); }
  void Send(const ipc::PeerFrame& message) override { SendIfConnected(message); }
  void Send(const ipc::PeerGone& message) override { SendIfConnected(message); }

 private:
  template <typename Message>
  void SendIfConnected(const Message& message) {
    if (connection_ != nullptr) connection_->Send(message);
  }
  void Connect();
  void OnMessage(ByteView packet);
  [[nodiscard]] Result<> Dispatch(ByteView packet);
  void OnClosed(const Error& why);

  event::Loop& loop_;
  std::string path_;
  AuthdListener& listener_;
  Backoff backoff_;
  std::unique_ptr<event::Timer> retry_;
  std::unique_ptr<ipc::ControlConnection> connection_;
};

}  // namespace funnel::sctpd
