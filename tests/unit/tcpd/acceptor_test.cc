#include "funnel-tcpd/accept/acceptor.h"  // IWYU pragma: keep: what is tested

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
  // A returned slot serves the next connection.
  CloseWithReset(std::move(first));
  EXPECT_TRUE(Until([&] { return client_shared_->limit.taken() == 1; }));
  const UniqueFd third = ConnectTo(client_address_);
  const UniqueFd third_backend = AcceptAtBackend();
  EXPECT_EQ(AtClient(kSessionsOverLimit), 1u);
}

TEST_F(AcceptorTest, ResetsConnectionsOfAClientOverItsShare) {
  service_.max_sessions_per_client = 1;
  Start();
  UniqueFd first = ConnectTo(client_address_);
  const UniqueFd first_backend = AcceptAtBackend();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtClient(kClientSessionsOverLimit), 1u);
  EXPECT_GT(AtClient(kClientLimitedAt), 0u);
  const UniqueFd other = ConnectTo(client_address_, "127.0.0.2");
  const UniqueFd other_backend = AcceptAtBackend();
  // The client can get again what it returns.
  CloseWithReset(std::move(first));
  EXPECT_TRUE(Until([&] { return client_shared_->limit.taken() == 1; }));
  const UniqueFd next = ConnectTo(client_address_);
  const UniqueFd next_backend = AcceptAtBackend();
  EXPECT_TRUE(next_backend);
}

TEST_F(AcceptorTest, ResetsConnectionsOfAClientOverItsRate) {
  service_.client_new_rate = 1;
  Start();
  // So many at once that a slow machine cannot return any of them meanwhile.
  std::vector<UniqueFd> greedy(16);
  for (UniqueFd& one : greedy) one = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return AtClient(kClientNewsOverRate) > 0; }));
  const std::string client = service::ClientOf(*SocketAddress::FromLiteral("127.0.0.2", 0));
  const UniqueFd other = ConnectTo(client_address_, "127.0.0.2");
  EXPECT_TRUE(Until([&] { return client_shared_->limit.TakenBy(client) == 1; }));
}

TEST_F(AcceptorTest, ResetsConnectionsOfClientsThatMayNot) {
  service_.client_allow = {*config::Network::Parse("127.0.0.2")};
  Start();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtClient(kClientsTurnedAway), 1u);
  const UniqueFd other = ConnectTo(client_address_, "127.0.0.2");
  const UniqueFd other_backend = AcceptAtBackend();
  EXPECT_TRUE(other_backend);
  // As a reload does.
  client_shared_->service.client_allow.clear();
  const UniqueFd again = ConnectTo(client_address_);
  const UniqueFd again_backend = AcceptAtBackend();
  EXPECT_TRUE(again_backend);
}

TEST_F(AcceptorTest, ForgetsTheRatesOfQuietClients) {
  service_.client_new_rate = 1;
  service_.rate_table = 1;
  Start();
  const UniqueFd first = ConnectTo(client_address_);
  const UniqueFd other = ConnectTo(client_address_, "127.0.0.2");
  const UniqueFd one_backend = AcceptAtBackend(), other_backend = AcceptAtBackend();
  EXPECT_EQ(AtClient(kRatesForgotten), 1u);
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
