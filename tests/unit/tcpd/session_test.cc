#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "funnel-tcpd/socket_options.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using SessionTest = TunnelTest;

TEST_F(SessionTest, CarriesBytesBothWays) {
  Start();
  ConnectBoth();
  SendText(client_, "question");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "question"));
  SendText(backend_end_, "answer");
  EXPECT_TRUE(ReadsText(client_, at_client_, "answer"));
}

TEST_F(SessionTest, HalfCloseOfTheClientLeavesTheOtherDirectionOpen) {
  Start();
  ConnectBoth();
  SendText(client_, "all of it");
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kEnd));
  EXPECT_EQ(at_backend_.text, "all of it");
  SendText(backend_end_, "still answering");
  EXPECT_TRUE(ReadsText(client_, at_client_, "still answering"));
  EXPECT_EQ(at_client_.state, ReadState::kOpen);
  backend_end_.reset();
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kEnd));
  EXPECT_TRUE(Until([&] { return client_pump_->size() == 0 && server_pump_->size() == 0; }));
  EXPECT_EQ(client_shared_->limit.taken() + server_shared_->limit.taken(), 0u);
}

TEST_F(SessionTest, HalfCloseOfTheBackendLeavesTheOtherDirectionOpen) {
  Start();
  ConnectBoth();
  shutdown(backend_end_.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kEnd));
  SendText(client_, "still asking");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "still asking"));
}

TEST_F(SessionTest, EndBeforeTheBackendAnswersIsNotLost) {
  Start();
  client_ = ConnectTo(client_address_);
  SendText(client_, "early");
  shutdown(client_.get(), SHUT_WR);
  backend_end_ = AcceptAtBackend();
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kEnd));
  EXPECT_EQ(at_backend_.text, "early");
}

TEST_F(SessionTest, ResetByTheClientResetsTheBackend) {
  Start();
  ConnectBoth();
  CloseWithReset(std::move(client_));
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kReset));
  EXPECT_EQ(AtClient(kResetsSent), 1u);
  EXPECT_EQ(AtServer(kResetsReceived), 1u);
}

TEST_F(SessionTest, ResetByTheBackendResetsTheClient) {
  Start();
  ConnectBoth();
  SendText(client_, "unread at the backend");
  EXPECT_TRUE(Until([&] { return AtServer(kBytesFromChannel) > 0; }));
  CloseWithReset(std::move(backend_end_));
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
}

// An early 413: the backend answers, and closes with unread input. Its kernel resets the connection
// after the answer.
TEST_F(SessionTest, WhatCameBeforeAResetIsDelivered) {
  Start();
  ConnectBoth();
  SendText(client_, "unread at the backend");
  EXPECT_TRUE(Until([&] { return AtServer(kBytesFromChannel) > 0; }));
  SendText(backend_end_, "413 too large");
  backend_end_.reset();
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(at_client_.text, "413 too large");
}

TEST_F(SessionTest, WhatCameBeforeAResetIsDeliveredToASlowReaderToo) {
  Start();
  ConnectBoth();
  SendText(client_, "unread at the backend");
  EXPECT_TRUE(Until([&] { return AtServer(kBytesFromChannel) > 0; }));
  const std::string answer(300'000, 'a');
  const int room = 1 << 20;
  setsockopt(backend_end_.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  std::size_t sent = 0;
  EXPECT_TRUE(Until([&] {
    const ssize_t size = send(backend_end_.get(), answer.data() + sent, answer.size() - sent,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) sent += static_cast<std::size_t>(size);
    return sent == answer.size() && AtServer(kBytesToChannel) == answer.size();
  }));
  backend_end_.reset();
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(at_client_.text.size(), answer.size());
}

TEST_F(SessionTest, WhatCameBeforeAResetByTheClientIsDelivered) {
  Start();
  ConnectBoth();
  SendText(client_, "all that it will say");
  CloseWithReset(std::move(client_));
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kReset));
  EXPECT_EQ(at_backend_.text, "all that it will say");
}

// Unix sockets report it by EPIPE when we write, or by ECONNRESET after what can be read.
class UnixBackendTest : public TunnelTest, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(Unread, UnixBackendTest, testing::Bool());

TEST_P(UnixBackendTest, WhatItAnsweredBeforeItClosedIsDelivered) {
  const std::string path = testing::TempDir() + "/funnel-answers.sock";
  unlink(path.c_str());
  UniqueFd listening = ListenUnix(path);
  service_.connect_address = {*config::Backend::Parse("unix:" + path)};
  Start();
  client_ = ConnectTo(client_address_);
  SendText(client_, "question");
  ASSERT_TRUE(Until([&] { return bool(backend_end_ = AcceptFrom(listening.get())); }));
  const bool unread = GetParam();
  if (!unread) {
    EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "question"));
  }
  EXPECT_TRUE(Until([&] { return AtServer(kBytesFromChannel) >= 8; }));
  SendText(backend_end_, "answer");
  backend_end_.reset();
  SendText(client_, "more");
  EXPECT_TRUE(ReadsText(client_, at_client_, "answer"));
  unlink(path.c_str());
}

TEST_F(SessionTest, AnUrgentByteStandsWhereItWasSent) {
  Start();
  ConnectBoth();
  ASSERT_EQ(send(client_.get(), "abc", 3, 0), 3);
  ASSERT_EQ(send(client_.get(), "!", 1, MSG_OOB), 1);
  ASSERT_EQ(send(client_.get(), "def", 3, 0), 3);
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "abc!def"));
}

TEST_F(SessionTest, KeepaliveIsAsLongAsLinuxTakesIt) {
  for (const auto& [asked, set] :
       {std::pair{std::chrono::hours(10), 32767}, std::pair{std::chrono::hours(1), 3600}}) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM, 0));
    PrepareStream(fd.get(), asked);
    int idle = 0, on = 0;
    socklen_t size = sizeof idle;
    ASSERT_EQ(getsockopt(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, &size), 0);
    ASSERT_EQ(getsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
    EXPECT_EQ(idle, set);
    EXPECT_EQ(on, 1);
  }
}

TEST_F(SessionTest, RefusedByTheBackendResetsTheClient) {
  Start();
  backend_listener_.reset();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(client_channel_.resets_received.at(SessionId(0)), wire::EndCode::kConnectFailed);
  EXPECT_EQ(AtServer(kConnectFailed), 1u);
}

TEST_F(SessionTest, LostChannelIsAResetAndNoEndOfStream) {
  Start();
  ConnectBoth();
  SendText(backend_end_, "half of a");
  EXPECT_TRUE(ReadsText(client_, at_client_, "half of a"));
  // The backend's end of stream is on its way when the channel is lost.
  shutdown(backend_end_.get(), SHUT_WR);
  client_channel_.Cut();
  client_pump_->ResetAll();
  server_pump_->ResetAll();
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kReset));
}

TEST_F(SessionTest, SlowReaderStopsOnlyItself) {
  Start();
  ConnectBoth();
  UniqueFd slow = std::move(client_), slow_backend = std::move(backend_end_);
  fcntl(slow_backend.get(), F_SETFL, O_NONBLOCK);
  ConnectBoth();
  // Nobody reads `slow`: its backend can send until all buffers on the path are full.
  const std::string block(256 * 1024, 's');
  std::string sent;
  TimePoint last_progress = Now();
  ASSERT_TRUE(Until([&] {
    const ssize_t size = send(slow_backend.get(), block.data(), block.size(), MSG_NOSIGNAL);
    if (size > 0) sent.append(block, 0, static_cast<std::size_t>(size)), last_progress = Now();
    return Now() - last_progress > std::chrono::milliseconds(100);
  }));

  SendText(client_, "quick");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "quick"));
  SendText(backend_end_, "as ever");
  EXPECT_TRUE(ReadsText(client_, at_client_, "as ever"));
  // Then the client reads, and misses nothing.
  slow_backend.reset();
  Reader late;
  EXPECT_TRUE(ReadsUntil(slow, late, ReadState::kEnd));
  EXPECT_TRUE(late.text == sent);
  EXPECT_GT(AtClient(kOutputBlocked), 0u);
}

TEST_F(SessionTest, SlowReaderWhoResetsIsNoticed) {
  Start();
  ConnectBoth();
  fcntl(backend_end_.get(), F_SETFL, O_NONBLOCK);
  const std::string block(256 * 1024, 's');
  EXPECT_TRUE(Until([&] {
    (void)send(backend_end_.get(), block.data(), block.size(), MSG_NOSIGNAL);
    return AtClient(kOutputBlocked) > 0;
  }));
  CloseWithReset(std::move(client_));
  EXPECT_TRUE(Until([&] { return server_pump_->size() == 0; }));
}

TEST_F(SessionTest, ManyBytesBothWaysAtOnceArriveInOrder) {
  Start();
  ConnectBoth();
  std::string data(8 << 20, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 31 + i / 977);

  std::size_t from_client = 0, from_backend = 0;
  auto push = [&](UniqueFd& fd, std::size_t& at) {
    const ssize_t size =
        send(fd.get(), data.data() + at, data.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) at += static_cast<std::size_t>(size);
    if (at == data.size()) shutdown(fd.get(), SHUT_WR);
  };

  EXPECT_TRUE(Until([&] {
    if (from_client < data.size()) push(client_, from_client);
    if (from_backend < data.size()) push(backend_end_, from_backend);
    at_client_.Poll(client_.get());
    at_backend_.Poll(backend_end_.get());
    return at_client_.state != ReadState::kOpen && at_backend_.state != ReadState::kOpen;
  }));

  EXPECT_EQ(at_client_.state, ReadState::kEnd);
  EXPECT_EQ(at_backend_.state, ReadState::kEnd);
  EXPECT_TRUE(at_client_.text == data);
  EXPECT_TRUE(at_backend_.text == data);
}

TEST_F(SessionTest, BusySessionLeavesTurnsToOthers) {
  Start();
  ConnectBoth();
  UniqueFd busy = std::move(client_), busy_backend = std::move(backend_end_);
  ConnectBoth();
  fcntl(busy.get(), F_SETFL, O_NONBLOCK);
  const std::string block(1 << 20, 'b');
  Reader drain;
  int turns = 0;
  SendText(client_, "between");
  EXPECT_TRUE(Until([&] {
    ++turns;
    (void)send(busy.get(), block.data(), block.size(), MSG_NOSIGNAL);
    drain.Poll(busy_backend.get());
    at_backend_.Poll(backend_end_.get());
    return at_backend_.text == "between";
  }));
  EXPECT_LT(turns, 20);
}

TEST_F(SessionTest, ThousandConnectionsAtOnce) {
  constexpr std::size_t kConnections = 400;  // twice over, within 1,024 descriptors of a test
  service_.max_sessions = kConnections;
  Start();
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < kConnections / 2; ++i) clients.push_back(ConnectTo(client_address_));
  std::vector<UniqueFd> backends;
  EXPECT_TRUE(Until([&] {
    if (UniqueFd fd = AcceptFrom(backend_listener_.get())) backends.push_back(std::move(fd));
    return backends.size() == clients.size();
  }));
  EXPECT_EQ(client_pump_->size(), clients.size());
  for (UniqueFd& fd : clients) SendText(fd, "x");
  EXPECT_TRUE(Until([&] { return AtServer(kBytesFromChannel) == clients.size(); }));
  clients.clear();
  backends.clear();
  EXPECT_TRUE(Until([&] { return client_pump_->size() + server_pump_->size() == 0; }));
  EXPECT_EQ(AtClient(kSessions), 0u);
}

}  // namespace
}  // namespace funnel::tcpd
