// The connection to our authd: kept up, with backoff while authd is away. The listeners decide what
// to ask again when it is back.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/event/loop.h"
#include "common/ipc/control_connection.h"
#include "funnel-sctpd/association/backoff.h"
#include "funnel-sctpd/interfaces.h"

namespace funnel::sctpd {

// Is called when authd comes and goes.
class AuthdObserver {
 public:
  virtual ~AuthdObserver() = default;
  virtual void OnConnected() = 0;
  virtual void OnDisconnected() = 0;
};

class AuthdLink final : public AuthdInterface {
 public:
  // They are called from the loop only, and outlive the link, or at least the loop's turns.
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
  // Gives PACKET to the listener that it concerns.
  [[nodiscard]] Result<> Dispatch(ByteView packet);
  void OnClosed(const Error& why);

  event::Loop& loop_;
  std::string path_;
  std::optional<Listeners> listeners_;  // set by Start()
  Backoff backoff_;
  std::unique_ptr<event::Timer> retry_;
  std::unique_ptr<ipc::ControlConnection> connection_;
};

}  // namespace funnel::sctpd
