#include "funnel-tcpd/session_report.h"

#include <gtest/gtest.h>

#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using wire::EndCode;

class SessionReportTest : public TunnelTest {
 protected:
  void SetUp() override {
    TunnelTest::SetUp();
    Start();
  }
  SessionReport At(SessionReport::End end) {
    const bool listens = end == SessionReport::End::kListening;
    return {listens ? *client_shared_ : *server_shared_,
            listens ? client_channel_ : server_channel_, end};
  }

  SessionFacts facts_;
};

TEST_F(SessionReportTest, BytesCountByTheirDirectionAtEitherEnd) {
  const TimePoint now = Now();
  At(SessionReport::End::kListening).CountRead(facts_, 3, now);
  At(SessionReport::End::kConnecting).CountWritten(facts_, 4, now);
  EXPECT_EQ(facts_.counts.from_client, 7u);
  EXPECT_EQ(facts_.counts.first_answer, TimePoint{});

  At(SessionReport::End::kListening).CountWritten(facts_, 5, now);
  At(SessionReport::End::kConnecting).CountRead(facts_, 6, now);
  EXPECT_EQ(facts_.counts.to_client, 11u);
  EXPECT_EQ(facts_.counts.first_answer, now);
}

TEST_F(SessionReportTest, WhoEndedASessionIsNamedAsSeenFromThisEnd) {
  const SessionReport client = At(SessionReport::End::kListening);
  const SessionReport server = At(SessionReport::End::kConnecting);
  EXPECT_EQ(client.ClosedBy(facts_).who, "backend");
  EXPECT_EQ(server.ClosedBy(facts_).who, "client");
  facts_.ours_ended_first = true;
  EXPECT_EQ(client.ClosedBy(facts_).who, "client");
  EXPECT_EQ(server.ClosedBy(facts_).who, "backend");

  EXPECT_EQ(client.FarEnd(EndCode::kBroken).who, "backend");
  EXPECT_EQ(server.FarEnd(EndCode::kBroken).who, "client");
  EXPECT_EQ(client.FarEnd(EndCode::kTruncated).how, "channel-lost");
  EXPECT_EQ(client.OwnEnd(EndCode::kUnacknowledged).who, "client");
}

TEST_F(SessionReportTest, TimeThatIsOverIsCountedAndHasItsCode) {
  SessionReport client = At(SessionReport::End::kListening);
  EXPECT_EQ(client.CountTimeout(facts_, SessionClock::Why::kIdle), EndCode::kIdle);
  EXPECT_EQ(client.CountTimeout(facts_, SessionClock::Why::kHalfClosed), EndCode::kHalfClosed);
  EXPECT_EQ(client.CountTimeout(facts_, SessionClock::Why::kUnacknowledged),
            EndCode::kUnacknowledged);
  EXPECT_EQ(AtClient(kSessionsIdle), 1u);
  EXPECT_EQ(AtClient(kSessionsHalfClosed), 1u);
  EXPECT_EQ(AtClient(kSessionsUnacknowledged), 1u);
}

TEST_F(SessionReportTest, OnlyTheConnectingEndShowsBackends) {
  EXPECT_EQ(At(SessionReport::End::kListening).BackendText(facts_), "");
  EXPECT_EQ(At(SessionReport::End::kConnecting).BackendText(facts_),
            config::BackendsText(service_.connect_address));
}

TEST_F(SessionReportTest, ClientThatWaitsIsCounted) {
  SessionReport client = At(SessionReport::End::kListening);
  client.CountDelay(*SocketAddress::FromLiteral("192.0.2.1", 1));
  EXPECT_EQ(AtClient(kClientBytesOverRate), 1u);
  EXPECT_GT(AtClient(kClientLimitedAt), 0u);
}

}  // namespace
}  // namespace funnel::tcpd
