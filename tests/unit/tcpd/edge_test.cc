#include "funnel-tcpd/tcp_edge.h"  // IWYU pragma: keep: what is tested
#include "tests/unit/tcpd/edge_fixture.h"

namespace funnel::tcpd {
namespace {

TEST_F(EdgeTest, ConnectionsWaitForTheChannelAndThenWork) {
  UniqueFd client = ConnectTo(client_address_);
  SendText(client, "sent before the channel");
  EXPECT_TRUE(Until([&] { return Counted(kSessionsWaiting) == 1; }));
  BringUp();
  UniqueFd backend = AcceptAtBackend();
  EXPECT_EQ(Counted(kSessionsWaiting), 0u);
  shutdown(client.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(backend, at_backend_, ReadState::kEnd));
  EXPECT_EQ(at_backend_.text, "sent before the channel");
}

TEST_F(EdgeTest, LostChannelResetsBothEndsAndTheNextOneServes) {
  BringUp();
  UniqueFd client = ConnectTo(client_address_), backend = AcceptAtBackend();
  SendText(backend, "half");
  EXPECT_TRUE(Until([&] {
    at_client_.Poll(client.get());
    return at_client_.text == "half";
  }));
  shutdown(backend.get(), SHUT_WR);
  LoseChannel();
  EXPECT_TRUE(ReadsUntil(client, at_client_, ReadState::kReset));
  EXPECT_TRUE(Until([&] { return channels_[0]->over() && channels_[1]->over(); }));
  channels_.clear();
  BringUp();
  UniqueFd again = ConnectTo(client_address_), backend_again = AcceptAtBackend();
  SendText(backend_again, "served");
  backend_again.reset();
  Reader reader;
  EXPECT_TRUE(ReadsUntil(again, reader, ReadState::kEnd));
  EXPECT_EQ(reader.text, "served");
}

// They wait for connect-wait, unless no channel can be up by then.
TEST_F(EdgeTest, AFailedAttemptResetsOnlyWhoWouldNotBeServed) {
  UniqueFd client = ConnectTo(client_address_);
  EXPECT_TRUE(Until([&] { return Counted(kSessionsWaiting) == 1; }));
  listening_->OnUnavailable("refused", Now() + std::chrono::seconds(1));
  EXPECT_EQ(Counted(kSessionsWaiting), 1u);
  listening_->OnUnavailable("refused", Now() + std::chrono::seconds(5));
  EXPECT_TRUE(ReadsUntil(client, at_client_, ReadState::kReset));
}

// It has the fewest connections, but takes none.
TEST_F(EdgeTest, AChannelThatIsClosingIsNotChosen) {
  BringUp();
  BringUp();
  channels_[0]->wire().OnLinkClosed(/*abrupt=*/false, Now());
  for (int i = 0; i < 3; ++i) {
    UniqueFd client = ConnectTo(client_address_), backend = AcceptAtBackend();
    ASSERT_TRUE(backend);
  }
  EXPECT_EQ(Counted(kSessionsNoNumber), 0u);
}

TEST_F(EdgeTest, StoppedEdgeAcceptsNothing) {
  listening_->OnStop();
  const UniqueFd client = ConnectTo(client_address_);
  EXPECT_FALSE(client);
}

TEST_F(EdgeTest, ReloadChangesTheLimitOfSessions) {
  BringUp();
  config::ServiceConfig changed = service_;
  changed.max_sessions = 0;
  listening_->OnReload(changed);
  UniqueFd client = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client, at_client_, ReadState::kReset));
  EXPECT_EQ(Counted(kSessionsOverLimit), 1u);
}

TEST_F(EdgeTest, SlowReaderLeavesOtherSessionsTheirCredit) {
  BringUp();
  UniqueFd slow = ConnectTo(client_address_), slow_backend = AcceptAtBackend();
  UniqueFd quick = ConnectTo(client_address_), quick_backend = AcceptAtBackend();
  std::string block(1 << 20, 's'), sent;
  TimePoint last_progress = Now();

  ASSERT_TRUE(Until([&] {
    const ssize_t size =
        send(slow_backend.get(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) {
      sent.append(block, 0, static_cast<std::size_t>(size));
      last_progress = Now();
    }
    return Now() - last_progress > std::chrono::milliseconds(100);
  }));

  SendText(quick_backend, "quick");
  EXPECT_TRUE(Until([&] {
    at_client_.Poll(quick.get());
    return at_client_.text == "quick";
  }));

  slow_backend.reset();
  Reader late;
  EXPECT_TRUE(ReadsUntil(slow, late, ReadState::kEnd));
  EXPECT_TRUE(late.text == sent);
}

TEST_F(EdgeTest, OnlyTheClientsEndOfASocksServiceForwards) {
  for (service::Application* edge : {listening_.get(), connecting_.get()}) {
    const auto added = edge->AddForward({.listening = Listen("127.0.0.1"), .target = {"www", 80}});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().message, "only a listening service with protocol = socks can forward");
  }
}

TEST_F(EdgeTest, AForwardKeepsItsEdgeFromLeavingAndEndsWithIt) {
  service_.role = config::Role::kListen;
  service_.protocol = config::Protocol::kSocks;
  service_.connect_address.clear();
  std::vector<event::ListenFds::Named> sockets;
  sockets.push_back({"listen", Listen("127.0.0.1")});
  const auto socks = MakeEdge(std::move(sockets));
  std::vector<std::string> whys;
  const auto forward = [&] {
    return *socks->AddForward(
        {.listening = Listen("127.0.0.1"),
         .target = {"www", 80},
         .on_stopped = [&whys](std::string_view why) { whys.emplace_back(why); }});
  };

  EXPECT_TRUE(socks->IdleSince());
  const service::ForwardId first = forward();
  EXPECT_FALSE(socks->IdleSince());
  socks->EndForward(first);
  EXPECT_TRUE(socks->IdleSince());
  EXPECT_TRUE(whys.empty());
  EXPECT_NE(forward(), first);
  socks->OnStop();
  EXPECT_EQ(whys, std::vector<std::string>{"the service stops"});
  EXPECT_EQ(Counted(kForwards), 0u);
}

}  // namespace
}  // namespace funnel::tcpd
