// accept-when: what the kernel answers clients, by a listening edge whose socket somebody else
// holds, too, as systemd does.
#include "funnel-tcpd/accept/accept_gate.h"  // IWYU pragma: keep: what is tested

#include <fcntl.h>
#include <poll.h>

#include "funnel-tcpd/answering.h"
#include "tests/unit/tcpd/edge_fixture.h"

namespace funnel::tcpd {
namespace {

class AcceptGateTest : public EdgeTest {
 protected:
  AcceptGateTest() {
    service_.role = config::Role::kListen;
    service_.accept_when = config::AcceptWhen::kUp;
    ListenOn("127.0.0.1");
  }
  void ListenOn(const char* host) {
    held_ = Listen(host);
    client_address_ = BoundAddress(held_.get());
    StartEdge();
  }
  // The former one ends.
  void StartEdge() {
    std::vector<event::ListenFds::Named> sockets;
    listening_.reset();
    sockets.push_back({"listen", UniqueFd(fcntl(held_.get(), F_DUPFD_CLOEXEC, 0))});
    listening_ = MakeEdge(std::move(sockets));
  }
  // Begins to connect, and does not wait.
  [[nodiscard]] UniqueFd Knock() const {
    UniqueFd fd(socket(client_address_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                       /*protocol=*/0));
    (void)connect(fd.get(), client_address_.data(), client_address_.size());
    return fd;
  }
  [[nodiscard]] static bool IsConnected(const UniqueFd& fd) {
    pollfd one{fd.get(), POLLOUT, 0};
    return poll(&one, 1, /*timeout=*/0) == 1;
  }
  [[nodiscard]] bool Answers() {
    const UniqueFd fd = Knock();
    // What was sent earlier over the loopback has arrived when this has.
    const UniqueFd later = ConnectTo(BoundAddress(other_.get()));
    EXPECT_TRUE(later);
    return IsConnected(fd);
  }
  [[nodiscard]] bool UntilClosed(bool closed) {
    return Until([&] { return Counted(kNotAccepting) == (closed ? 1u : 0u); });
  }
  void SetAcceptWhen(config::AcceptWhen when) {
    service_.accept_when = when;
    listening_->OnReload(service_);
  }

  UniqueFd held_;
  UniqueFd other_ = Listen("127.0.0.1");
};

TEST_F(AcceptGateTest, AnswersWhileAChannelIsOpen) {
  EXPECT_FALSE(Answers());
  EXPECT_EQ(Counted(kNotAccepting), 1u);
  BringUp();
  ASSERT_TRUE(UntilClosed(false));
  EXPECT_TRUE(Answers());
  LoseChannel();
  ASSERT_TRUE(UntilClosed(true));
  EXPECT_FALSE(Answers());
  EXPECT_EQ(Counted(kAcceptClosings), 2u);
}

TEST_F(AcceptGateTest, AnswersWhileAChannelIsOpenAtIPv6) {
  ListenOn("::1");
  EXPECT_FALSE(Answers());
  BringUp();
  ASSERT_TRUE(UntilClosed(false));
  EXPECT_TRUE(Answers());
}

TEST_F(AcceptGateTest, APatientClientIsServedLater) {
  UniqueFd client = Knock();
  EXPECT_FALSE(IsConnected(client));
  BringUp();
  UniqueFd backend = AcceptAtBackend();
  SendText(backend, "served");
  backend.reset();
  EXPECT_TRUE(ReadsUntil(client, at_client_, ReadState::kEnd));
  EXPECT_EQ(at_client_.text, "served");
}

TEST_F(AcceptGateTest, ADrainedServiceDoesNotAnswer) {
  BringUp();
  ASSERT_TRUE(UntilClosed(false));
  listening_->SetDraining(true);
  EXPECT_FALSE(Answers());
  EXPECT_EQ(Counted(kNotAccepting), 1u);
  listening_->SetDraining(false);
  EXPECT_TRUE(Answers());
}

TEST_F(AcceptGateTest, AReloadChangesIt) {
  SetAcceptWhen(config::AcceptWhen::kAlways);
  EXPECT_TRUE(Answers());
  EXPECT_EQ(Counted(kNotAccepting), 0u);
  SetAcceptWhen(config::AcceptWhen::kUp);
  EXPECT_FALSE(Answers());
}

TEST_F(AcceptGateTest, WhatTheKernelHadTakenWaitsForTheChannel) {
  SetAcceptWhen(config::AcceptWhen::kAlways);
  UniqueFd client = ConnectTo(client_address_);
  SetAcceptWhen(config::AcceptWhen::kUp);
  EXPECT_TRUE(Until([&] { return Counted(kSessionsWaiting) == 1; }));
  BringUp();
  const UniqueFd backend = AcceptAtBackend();
  EXPECT_TRUE(backend);
}

// Its first connection is what started it.
TEST_F(AcceptGateTest, AStartLeavesWhatWaitsInTheBacklog) {
  listening_->OnStop();
  UniqueFd client = ConnectTo(client_address_);
  StartEdge();
  EXPECT_FALSE(Answers());
  BringUp();
  const UniqueFd backend = AcceptAtBackend();
  EXPECT_TRUE(backend);
}

TEST_F(AcceptGateTest, AnEndInOrderLeavesASocketThatAnswers) {
  EXPECT_FALSE(Answers());
  listening_->OnStop();
  EXPECT_TRUE(Answers());
  EXPECT_EQ(Counted(kNotAccepting), 0u);
}

TEST_F(AcceptGateTest, AStartUndoesWhatAKilledEdgeLeft) {
  service_.accept_when = config::AcceptWhen::kAlways;
  listening_->OnStop();
  ASSERT_TRUE(SetAnswering(held_.get(), false));
  EXPECT_FALSE(Answers());
  StartEdge();
  EXPECT_TRUE(Answers());
}

TEST_F(AcceptGateTest, OnlyATcpSocketStopsAnswering) {
  EXPECT_FALSE(SetAnswering(-1, false));
  const UniqueFd local(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, /*protocol=*/0));
  EXPECT_FALSE(SetAnswering(local.get(), false));
  EXPECT_TRUE(SetAnswering(other_.get(), true)) << "it does";
}

}  // namespace
}  // namespace funnel::tcpd
