#include "funnel-tcpd/acceptor.h"  // IWYU pragma: keep: what is tested

#include <sys/resource.h>

#include "funnel-tcpd/socket_options.h"
#include "funnel-tcpd/waiting_room.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using AcceptorTest = TunnelTest;

TEST_F(AcceptorTest, ResetsConnectionsOverMaxSessions) {
  service_.max_sessions = 2;
  Start();
  UniqueFd first = ConnectTo(client_address_), second = ConnectTo(client_address_);
  const UniqueFd first_backend = AcceptAtBackend(), second_backend = AcceptAtBackend();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtClient(kSessionsOverLimit), 1u);
  // A slot that is given back serves the next.
  CloseWithReset(std::move(first));
  EXPECT_TRUE(Until([&] { return client_shared_->limit.taken() == 1; }));
  const UniqueFd third = ConnectTo(client_address_);
  const UniqueFd third_backend = AcceptAtBackend();
  EXPECT_EQ(AtClient(kSessionsOverLimit), 1u);
}

TEST_F(AcceptorTest, HandsBackConnectionsThatTheChannelTakesNot) {
  client_channel_.session_limit = 0;
  Start();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return refused_.size() == 1; }));
  EXPECT_TRUE(refused_[0].fd);
  EXPECT_EQ(refused_[0].info.client, BoundAddress(client_.get()).text());
  EXPECT_EQ(refused_[0].info.local, client_address_.text());
}

TEST_F(AcceptorTest, ResetsConnectionsWhenDescriptorsRunOut) {
  Start();
  client_ = ConnectTo(client_address_);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const UniqueFd next_free(dup(0));
  const rlimit tight{static_cast<rlim_t>(next_free.get()), before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &tight);
  const bool reset = ReadsUntil(client_, at_client_, ReadState::kReset);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(reset);
  EXPECT_EQ(AtClient(kAcceptShed), 1u);
  ConnectBoth();
  EXPECT_TRUE(backend_end_);
}

TEST_F(AcceptorTest, WaitingConnectionsAreResetAfterTheirTime) {
  service_.connect_wait = std::chrono::milliseconds(50);
  client_channel_.session_limit = 0;
  Start();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return refused_.size() == 1; }));
  WaitingRoom room(*client_shared_);
  room.Add(std::move(refused_[0]));
  EXPECT_EQ(AtClient(kSessionsWaiting), 1u);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtClient(kSessionsWaiting), 0u);
  EXPECT_EQ(AtClient(kSessionsWaitExpired), 1u);
}

TEST_F(AcceptorTest, WaitingConnectionsGoOnInTheOrderTheyCame) {
  client_channel_.session_limit = 0;
  Start();
  WaitingRoom room(*client_shared_);
  client_ = ConnectTo(client_address_);
  SendText(client_, "kept meanwhile");
  const UniqueFd second = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return refused_.size() == 2; }));
  for (Connection& connection : refused_) room.Add(std::move(connection));
  client_channel_.session_limit = 1;
  room.Drain([&](Connection& connection) { return client_pump_->Open(connection); });
  EXPECT_EQ(room.size(), 1u);
  backend_end_ = AcceptAtBackend();
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "kept meanwhile"));
}

}  // namespace
}  // namespace funnel::tcpd
