// What a service allows each of its peers: max-sessions-per-peer, peer-new-rate, peer-byte-rate.
#include "common/service/client/peer_limits.h"

#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPeerRate = 1024 * 1024;

class PeerLimitsTest : public TunnelTest {
 protected:
  // A session of another peer, and the backend's end of it; none if it is refused.
  UniqueFd OpenFromAnotherPeer() {
    other_far_.other_end = {"branch2", "test/branch2@R"};
    other_far_.Connect(other_near_,
                       other_far_pump_.emplace(*server_shared_, other_far_, &*backend_));
    other_near_.Connect(other_far_,
                        other_near_pump_.emplace(*client_shared_, other_near_, nullptr));
    client_ = ConnectTo(client_address_);
    EXPECT_TRUE(Until([&] { return refused_.size() == 1; }));
    EXPECT_TRUE(other_near_pump_->Open(refused_[0]));
    return AcceptAtBackend();
  }

  FakeChannel other_near_{*loop_}, other_far_{*loop_};
  std::optional<SessionPump> other_near_pump_, other_far_pump_;
};

TEST_F(PeerLimitsTest, ResetsConnectionsOfAPeerOverItsShare) {
  service_.max_sessions_per_peer = 1;
  Start();
  UniqueFd first = ConnectTo(client_address_);
  const UniqueFd first_backend = AcceptAtBackend();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kPeerSessionsOverLimit), 1u);
  EXPECT_GT(AtServer(kPeerLimitedAt), 0u);

  client_channel_.session_limit = 0;
  const UniqueFd other_backend = OpenFromAnotherPeer();
  EXPECT_TRUE(other_backend) << "another peer has a share of its own";

  // What it returns it can get again.
  client_channel_.session_limit = 100;
  CloseWithReset(std::move(first));
  EXPECT_TRUE(Until([&] { return server_shared_->limit.TakenBy("test/hoster@R") == 0; }));
  const UniqueFd next = ConnectTo(client_address_);
  const UniqueFd next_backend = AcceptAtBackend();
  EXPECT_TRUE(next_backend);
}

TEST_F(PeerLimitsTest, ResetsConnectionsOfAPeerOverItsRate) {
  service_.peer_new_rate = 1;
  Start();
  // So many at once that a slow machine cannot return any of them meanwhile.
  std::vector<UniqueFd> greedy(16);
  for (UniqueFd& one : greedy) one = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return AtServer(kPeerNewsOverRate) > 0; }));

  client_channel_.session_limit = 0;
  (void)OpenFromAnotherPeer();
  EXPECT_TRUE(Until([&] { return server_shared_->limit.TakenBy("test/branch2@R") == 1; }));
}

// The peer sends half as much again as it may at once.
TEST_F(PeerLimitsTest, TheBackendGetsNoMoreThanThePeersRate) {
  service_.peer_byte_rate_bytes = kPeerRate;
  Start();
  ConnectBoth();
  UniqueFd client = std::move(client_);
  const std::string all(kPeerRate + kPeerRate / 2, 'x');
  std::size_t sent = 0;
  const TimePoint begun = Now();
  const auto carry = [&] {
    const ssize_t size =
        send(client.get(), all.data() + sent, all.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    sent += static_cast<std::size_t>(std::max<ssize_t>(size, 0));
    at_backend_.Poll(backend_end_.get());
    return at_backend_.text.size();
  };
  EXPECT_TRUE(Until([&] {
    carry();
    return AtServer(kPeerBytesOverRate) > 0;
  }));

  // Its answers are not counted, and another peer's connections do not wait.
  Reader at_other, at_client;
  SendText(backend_end_, "answer");
  EXPECT_TRUE(ReadsText(client, at_client, "answer"));
  client_channel_.session_limit = 0;
  UniqueFd other_backend = OpenFromAnotherPeer();
  SendText(client_, "quick");
  EXPECT_TRUE(ReadsText(other_backend, at_other, "quick"));
  EXPECT_LT(carry(), all.size());

  EXPECT_TRUE(Until([&] { return carry() == all.size(); }));
  // The last 64 KiB, a whole window, are written on credit.
  EXPECT_GE(Now() - begun, 400ms);
  EXPECT_EQ(AtClient(kClientBytesOverRate), 0u);
}

// A direction that has ended ends at the backend too, after all that waited.
TEST_F(PeerLimitsTest, WhatWaitedArrivesBeforeTheEnd) {
  service_.peer_byte_rate_bytes = kPeerRate;
  Start();
  ConnectBoth();
  server_shared_->peers.SpendBytes(service::PeerRates(service_), "test/hoster@R",
                                   kPeerRate + kPeerRate / 10, Now());
  SendText(client_, "late");
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(Until([&] { return AtServer(kPeerBytesOverRate) == 1; }));
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kEnd));
  EXPECT_EQ(at_backend_.text, "late");
}

}  // namespace
}  // namespace funnel::tcpd
