// A whole funnel-authd inside the test: its configuration in a temporary folder, its socket, and
// clients that play edges, sctpd and funnelctl. All nodes of a test share one loop.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "common/event/loop.h"
#include "common/ipc/authd_messages.h"
#include "common/ipc/control_connection.h"
#include "funnel-authd/server.h"

namespace funnel::authd::test {

using namespace std::chrono_literals;

// Runs turns of the loop until CONDITION is true; false after a deadline that no working test
// reaches.
template <typename Condition>
[[nodiscard]] bool RunUntil(event::Loop& loop, Condition&& condition, Duration deadline = 20s) {
  const TimePoint end = Now() + deadline;
  while (!condition()) {
    if (Now() >= end || !loop.RunOnce(50ms)) return false;
  }
  return true;
}

// One connection to a node's authd.sock. It keeps every packet that came.
class TestClient {
 public:
  TestClient(event::Loop& loop, const std::string& socket);

  template <typename Message>
  void Send(const Message& message) {
    connection_->Send(message);
  }
  // The next packet, which must be of this type; otherwise a failed assertion and an empty message.
  template <typename Message>
  Message Receive(Duration deadline = 20s) {
    if (!RunUntil(
            loop_, [this] { return next_ < packets_.size() || closed_; }, deadline) ||
        next_ >= packets_.size()) {
      ADD_FAILURE() << "no packet came" << (closed_ ? ": closed, " + reason_ : "");
      return {};
    }
    auto message = ipc::Parse<Message>(packets_[next_]);
    if (!message) {
      auto failed = ipc::Parse<ipc::Failed>(packets_[next_]);
      ADD_FAILURE() << message.error().message << (failed ? ": " + failed->text : "");
    }
    ++next_;
    return message ? *std::move(message) : Message{};
  }
  [[nodiscard]] bool WaitClosed();
  [[nodiscard]] bool HasPacket() const { return next_ < packets_.size(); }
  // All packets that ever came, in order.
  [[nodiscard]] const std::deque<Bytes>& packets() const { return packets_; }

 private:
  event::Loop& loop_;
  std::deque<Bytes> packets_;
  std::size_t next_ = 0;
  bool closed_ = false;
  std::string reason_;
  std::unique_ptr<ipc::ControlConnection> connection_;
};

class Node {
 public:
  // NAME is a folder below PARENT and the node's name. Call Configure() for each file, then
  // Start().
  Node(event::Loop& loop, const std::string& parent, const std::string& name,
       const std::string& keytab, const std::string& more_kerberos = "");

  // FILE is relative to the configuration folder; an empty TEXT removes it.
  void Configure(const std::string& file, const std::string& text);
  void Start();
  void Stop() { server_.reset(); }
  [[nodiscard]] TestClient Connect() { return TestClient(loop_, socket_); }
  [[nodiscard]] Server& server() { return *server_; }
  [[nodiscard]] std::uint64_t Count(Counter counter) {
    return server_->shared().counters[counter].value();
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& socket() const { return socket_; }

 private:
  event::Loop& loop_;
  std::string name_, folder_, socket_;
  std::unique_ptr<Server> server_;
};

}  // namespace funnel::authd::test
