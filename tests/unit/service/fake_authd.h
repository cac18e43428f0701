// Plays funnel-authd, with invented keys.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/event/loop.h"
#include "common/ipc/authd_messages.h"
#include "common/ipc/control_connection.h"
#include "common/wire/frame/feature_set.h"
#include "common/wire/frame/types.h"

namespace funnel::service {

// Answers as authd would, or as `fail_with` says.
class FakeAuthd {
 public:
  FakeAuthd(event::Loop& loop, std::string path);
  void Start();
  // As a restart: connections end, and contexts are forgotten.
  void Stop();
  template <typename Message>
  void SendToAll(const Message& message) {
    for (auto& connection : connections_) connection->Send(message);
  }

  std::optional<ipc::Failed> fail_with;        // to Initiate
  std::optional<ipc::Failed> refused_answer;   // to CompleteRefused
  std::optional<ipc::Failed> rekey_answer;     // to AcceptRekey
  std::optional<ipc::Failed> announce_answer;  // to Announce
  bool fail_completes = false;                 // of rekeys
  bool hold_redeem = false;                    // until AnswerRedeem()
  void AnswerRedeem();
  std::map<ipc::MessageType, int> seen;
  std::vector<std::uint64_t> released;
  std::vector<Bytes> refused_bodies;  // of CompleteRefused
  Duration life = std::chrono::hours(10);
  wire::Features features;

 private:
  void OnMessage(ipc::ControlConnection& connection, ByteView packet);
  [[nodiscard]] ipc::Context MakeContext(std::uint32_t request, wire::Role role, ByteView seed);

  event::Loop& loop_;
  std::string path_;
  std::unique_ptr<ipc::ControlListener> listener_;
  std::vector<std::unique_ptr<ipc::ControlConnection>> connections_;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Bytes> exporters_;  // for each context: what the next rekey is bound to
  std::vector<std::pair<ipc::ControlConnection*, std::uint32_t>> held_;
};

}  // namespace funnel::service
