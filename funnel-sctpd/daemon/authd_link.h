// The connection to our authd: kept up, with backoff while authd is away. What is to be asked again
// when it is back is the listener's business.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/event/loop.h"
#include "common/ipc/control_connection.h"
#include "funnel-sctpd/association/backoff.h"
#include "funnel-sctpd/interfaces.h"

namespace funnel::sctpd {

// Who is called when authd comes and goes.
class AuthdObserver {
 public:
  virtual ~AuthdObserver() = default;
  virtual void OnConnected() = 0;
  virtual void OnDisconnected() = 0;
};

class AuthdLink final : public AuthdInterface {
 public:
  // Called from the loop only; they outlive it, or at least the loop's turns.
  struct Listeners {
    AuthdObserver& link;
    PeerListener& peers;
    AcceptListener& channels;
  };

  AuthdLink(event::Loop& loop, std::string path);
  void Start(const Listeners& listeners);

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
  // To the listener whose matter it is.
  [[nodiscard]] Result<> Dispatch(ByteView packet);
  void OnClosed(const Error& why);

  event::Loop& loop_;
  std::string path_;
  std::optional<Listeners> listeners_;  // once it has begun
  Backoff backoff_;
  std::unique_ptr<event::Timer> retry_;
  std::unique_ptr<ipc::ControlConnection> connection_;
};

}  // namespace funnel::sctpd
