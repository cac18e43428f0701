// Two edges of one service in one process, on one loop, with stand-ins for authd, sctpd and the
// network between them:
//
//   near Edge --sctpd.sock--> FakeSctpd (relays frames) --service socket--> far Edge
//        '--authd.sock--> FakeAuthd <--authd.sock--'
//
// Frames are sealed with real tokens under a made-up key.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/event/loop.h"
#include "common/ipc/authd_messages.h"
#include "common/ipc/control_connection.h"
#include "common/ipc/frame_pipe.h"
#include "common/ipc/sctpd_messages.h"
#include "common/service/edge.h"
#include "common/wire/frame/open.h"

namespace funnel::service {

// A listening SOCK_SEQPACKET socket at PATH.
[[nodiscard]] UniqueFd ListenAt(const std::string& path);

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
  std::map<std::uint64_t, Bytes> exporters_;  // of each context: what the next rekey is bound to
  std::vector<std::pair<ipc::ControlConnection*, std::uint32_t>> held_;
};

// Relays between whoever attached and the service socket's edge.
class FakeSctpd {
 public:
  FakeSctpd(event::Loop& loop, std::string path, std::string service_path);
  void Start();
  // As kill -9: everything closes without a word.
  void Stop();
  // Bytes as they are onto the near edges' channel sockets.
  void SendRaw(ByteView bytes);
  // The association ends: LINK_END to both.
  void DropAssociation(ipc::LinkEndCode code = ipc::LinkEndCode::kPeerDown);

  bool link_up = true;                      // tell LINK_UP at once
  std::optional<std::string> reject;        // Attach
  std::optional<wire::RefusedBody> refuse;  // OPEN
  bool swallow_open = false;
  std::function<void(MutableByteView)> tamper;  // with what the near edge sends
  int attaches = 0, opens = 0;
  std::vector<ipc::Note> notes;  // of the near edge
  std::vector<wire::FrameType> from_near, from_far;

 private:
  struct End {
    UniqueFd fd;
    ipc::FrameReader reader;
    ipc::FrameWriter writer{64 << 20};
    std::unique_ptr<event::IoWatch> watch;
  };
  struct Relay {
    End near, far;
    bool gone = false;
  };
  void OnAttach(ipc::ControlConnection& connection, ByteView packet, UniqueFd fd);
  void Watch(Relay& relay, End& end, bool is_near);
  void Read(Relay& relay, End& end, bool is_near);
  bool FromNear(Relay& relay, ByteView frame);
  void Adopt(Relay& relay, const wire::FrameHeader& header);
  static void Send(End& end, wire::FrameType type, ChannelId id, ByteView body);
  static void Flush(End& end);

  event::Loop& loop_;
  std::string path_, service_path_;
  std::unique_ptr<ipc::ControlListener> listener_;
  std::vector<std::unique_ptr<ipc::ControlConnection>> connections_;
  std::unique_ptr<ipc::ControlConnection> service_;
  std::vector<std::unique_ptr<Relay>> relays_;
  ipc::ReadBuffer buffer_;
};

// The fixture: fakes, and a loop with a deadline.
class TwoEdgesTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  template <typename Condition>
  [[nodiscard]] bool Until(Condition condition) {
    TimePoint deadline = Now() + std::chrono::seconds(20);
    while (!condition()) {
      if (Now() > deadline) return false;
      EXPECT_TRUE(loop_->RunOnce(std::chrono::milliseconds(20)));
    }
    return true;
  }
  [[nodiscard]] static config::ServiceConfig Service(config::Role role);
  [[nodiscard]] Edge::Setup Setup(config::Role role);
  // Runs for as long as anything happens.
  void Settle();

  std::string folder_;
  std::unique_ptr<event::Loop> loop_;
  std::unique_ptr<FakeAuthd> authd_;
  std::unique_ptr<FakeSctpd> sctpd_;
  metrics::CounterFile near_counters_ = metrics::CounterFile::InMemory(kCommonTable);
  metrics::CounterFile far_counters_ = metrics::CounterFile::InMemory(kCommonTable);
  int stopped_ = 0;
  std::string status_;
};

}  // namespace funnel::service
