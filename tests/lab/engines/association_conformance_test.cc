// How associations begin and end, for every pairing of engines over every carrier.

#include "tests/lab/engines/engine_lab.h"

namespace funnel::sctp::test {
namespace {

class AssociationConformance : public EngineLab {};

TEST_P(AssociationConformance, ConnectsAndTellsBothEnds) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  const UpInfo &from_a = a->ups[0].info, &from_b = b->ups[0].info;
  EXPECT_FALSE(from_a.incoming);
  EXPECT_EQ(from_a.peer, TargetOf(*b).addresses[0]);
  EXPECT_EQ(from_a.peer_sctp_port, kDefaultSctpPort);
  EXPECT_TRUE(from_b.incoming);
  EXPECT_TRUE(from_b.peer.SameHost(TargetOf(*a).addresses[0])) << from_b.peer.text();
  for (const UpInfo* info : {&from_a, &from_b}) {
    EXPECT_EQ(info->carrier, GetParam().carrier);
    EXPECT_EQ(info->streams, 1024);
  }
  EXPECT_EQ(a->engine->counters().associations_now, 1u);
  EXPECT_EQ(b->engine->counters().associations_up, 1u);
}

TEST_P(AssociationConformance, ConnectsOverIpv6) {
  ASSERT_NO_FATAL_FAILURE(Associate(Settings(), Addresses::kIpv6));
  if (IsSkipped()) return;
  EXPECT_TRUE(b->ups[0].info.peer.is_ipv6());
  ASSERT_EQ(a->Send("over IPv6"), SendStatus::kSent);
  ASSERT_EQ(b->Send("back"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return a->messages.size() == 1 && b->messages.size() == 1; }));
}

TEST_P(AssociationConformance, StreamsAreTheFewerOfBothEnds) {
  Settings few;
  few.streams = 10;
  Start(*a);
  if (!IsSkipped()) Start(*b, few);
  if (IsSkipped()) return;
  ASSERT_TRUE(a->Connect(TargetOf(*b)).has_value());
  ASSERT_TRUE(Run([&] { return a->ups.size() == 1 && b->ups.size() == 1; }));
  EXPECT_EQ(a->ups[0].info.streams, 10);
  EXPECT_EQ(b->ups[0].info.streams, 10);
  EXPECT_EQ(a->Send("x", 9), SendStatus::kSent);
  EXPECT_EQ(a->Send("x", 10), SendStatus::kGone);
}

TEST_P(AssociationConformance, RefusesToConnectTwice) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  auto again = a->Connect(TargetOf(*b));
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, EISCONN);
}

TEST_P(AssociationConformance, RefusesTargetsThatAreNone) {
  Start(*a);
  if (IsSkipped()) return;
  EXPECT_FALSE(a->Connect({{}, GetParam().carrier, kDefaultSctpPort}).has_value());
  Target no_port = TargetOf(*b);
  no_port.sctp_port = 0;
  EXPECT_FALSE(a->Connect(no_port).has_value());
}

TEST_P(AssociationConformance, NobodyThereIsNoAnswer) {
  Settings quick = Quick();
  quick.init_attempts = 2;
  Start(*a, quick);
  if (IsSkipped()) return;
  TwoHosts::Cut();
  auto id = a->Connect(TargetOf(*b));
  ASSERT_TRUE(id.has_value());
  ASSERT_TRUE(Run([&] { return !a->downs.empty(); }));
  EXPECT_EQ(a->down().id, *id);
  EXPECT_EQ(a->down().reason, DownReason::kNoAnswer) << a->down().text;
  EXPECT_EQ(a->engine->counters().associations_now, 0u);
}

TEST_P(AssociationConformance, ConnectCanBeGivenUpAndTriedAgain) {
  Start(*a);
  if (IsSkipped()) return;

  TwoHosts::Cut();
  auto first = a->Connect(TargetOf(*b));
  ASSERT_TRUE(first.has_value());
  a->engine->Abort(*first, "changed my mind");

  TwoHosts::Heal();
  Start(*b);
  if (IsSkipped()) return;
  auto second = a->Connect(TargetOf(*b));
  ASSERT_TRUE(second.has_value()) << second.error().message;
  ASSERT_TRUE(Run([&] { return a->ups.size() == 1 && b->ups.size() == 1; }));

  EXPECT_EQ(a->current(), *second);
  ASSERT_EQ(a->downs.size(), 1u);
  EXPECT_EQ(a->down().id, *first);
  EXPECT_EQ(a->down().reason, DownReason::kLocal);
}

TEST_P(AssociationConformance, AbortEndsBothEndsWithTheReason) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  a->Abort("enough of this");
  EXPECT_EQ(a->Send("x"), SendStatus::kGone);
  EXPECT_TRUE(a->downs.empty()) << "reported from inside Abort";
  ASSERT_TRUE(Run([&] { return !a->downs.empty() && !b->downs.empty(); }));
  EXPECT_EQ(a->down().reason, DownReason::kLocal);
  EXPECT_EQ(b->down().reason, DownReason::kAborted);
  EXPECT_NE(b->down().text.find("enough of this"), std::string::npos) << b->down().text;
}

TEST_P(AssociationConformance, AbortWorksWithAFullBuffer) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  std::string big(100'000, 'x');
  while (a->Send(big) == SendStatus::kSent) {
  }
  while (a->Send(std::string(1000, 's')) == SendStatus::kSent) {
  }
  a->Abort("full");
  ASSERT_TRUE(Run([&] { return !b->downs.empty(); }));
  EXPECT_EQ(b->down().reason, DownReason::kAborted) << b->down().text;
}

TEST_P(AssociationConformance, ShutdownDeliversWhatWasSent) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  std::string big(100'000, 'x');
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(SendSoon(*a, AsBytes(big)));
  a->Shutdown();
  EXPECT_EQ(a->Send("too late"), SendStatus::kGone);
  ASSERT_TRUE(Run([&] { return !a->downs.empty() && !b->downs.empty(); }));
  EXPECT_EQ(b->messages.size(), 10u);
  EXPECT_EQ(a->down().reason, DownReason::kShutdown) << a->down().text;
  EXPECT_EQ(b->down().reason, DownReason::kShutdown) << b->down().text;
}

TEST_P(AssociationConformance, EngineThatEndsEndsTheOtherAtOnce) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  a->Stop();
  ASSERT_TRUE(Run([&] { return !b->downs.empty(); }, milliseconds(1000)));
  EXPECT_EQ(b->down().reason, DownReason::kAborted) << b->down().text;
}

TEST_P(AssociationConformance, SilentPeerIsDeadInTime) {
  ASSERT_NO_FATAL_FAILURE(Associate(Quick()));
  if (IsSkipped()) return;
  RunFor(milliseconds(500));  // idle, with heartbeats
  EXPECT_TRUE(a->downs.empty() && b->downs.empty());
  TwoHosts::Cut();
  TimePoint silent = Now();
  ASSERT_EQ(a->Send("anybody?"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return !a->downs.empty() && !b->downs.empty(); }));
  EXPECT_EQ(a->down().reason, DownReason::kDeadPeer);
  EXPECT_EQ(b->down().reason, DownReason::kDeadPeer);
  EXPECT_LT(Now() - silent, milliseconds(2200));
  EXPECT_GT(Now() - silent, milliseconds(1000));
}

TEST_P(AssociationConformance, ShortSilenceLosesNothing) {
  Settings quick = Quick();
  quick.dead_peer_timeout = milliseconds(5000);
  ASSERT_NO_FATAL_FAILURE(Associate(quick));
  if (IsSkipped()) return;
  TwoHosts::Cut();
  ASSERT_EQ(a->Send("one"), SendStatus::kSent);
  RunFor(milliseconds(700));
  ASSERT_EQ(a->Send("two"), SendStatus::kSent);
  TwoHosts::Heal();
  ASSERT_TRUE(Run([&] { return b->messages.size() == 2; }));
  EXPECT_TRUE(a->downs.empty() && b->downs.empty());
}

// The connecting end dies without a message and comes back, from another SCTP port: the old
// association times out, or the host reports that nothing listens at its port.
TEST_P(AssociationConformance, PeerThatBeganAnewGetsAnAssociation) {
  ASSERT_NO_FATAL_FAILURE(Associate(Quick()));
  if (IsSkipped()) return;

  TwoHosts::Cut();
  a->Stop();
  TwoHosts::Heal();
  a.emplace(Host::kA, GetParam().a);
  Start(*a, Quick());

  ASSERT_TRUE(a->Connect(TargetOf(*b)).has_value());
  ASSERT_TRUE(Run([&] { return a->ups.size() == 1 && b->ups.size() == 2 && !b->downs.empty(); }));
  EXPECT_EQ(b->down().id, b->ups[0].id);
  EXPECT_TRUE(b->down().reason == DownReason::kDeadPeer || b->down().reason == DownReason::kAborted)
      << b->down().text;
  EXPECT_NE(b->ups[0].id, b->ups[1].id);

  ASSERT_EQ(b->Send("to the new one"), SendStatus::kSent);
  ASSERT_EQ(a->Send("from the new one"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return a->messages.size() == 1 && b->messages.size() == 1; }));
  EXPECT_EQ(b->messages[0].id, b->ups[1].id);
}

// The accepting end has forgotten the association: the other one learns this by sending.
TEST_P(AssociationConformance, PeerThatForgotUsSaysSo) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  TwoHosts::Cut();
  b->Stop();
  TwoHosts::Heal();
  b.emplace(Host::kB, GetParam().b);
  Start(*b);
  ASSERT_EQ(a->Send("still there?"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return !a->downs.empty(); }, milliseconds(3000)));
  EXPECT_EQ(a->down().reason, DownReason::kAborted) << a->down().text;
}

TEST_P(AssociationConformance, CallsFromInsideCallbacksAreAllowed) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  b->on_message = [&](const LabEnd::Message& message) {
    EXPECT_EQ(b->engine->Send(message.id, message.stream, message.bytes, {}), SendStatus::kSent);
    b->engine->Abort(message.id, "seen enough");
    EXPECT_EQ(b->engine->Send(message.id, message.stream, message.bytes, {}), SendStatus::kGone);
    EXPECT_TRUE(b->engine->Stats(message.id).paths.empty());
  };
  for (int i = 0; i < 5; ++i) ASSERT_EQ(a->Send("x"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return !a->downs.empty() && !b->downs.empty(); }));
  EXPECT_EQ(b->messages.size(), 1u);
}

TEST_P(AssociationConformance, PeerWithoutInterleavingIsRefused) {
  Settings plain;
  plain.interleaving = false;
  Start(*a, plain);
  if (!IsSkipped()) Start(*b);
  if (IsSkipped()) return;
  ASSERT_TRUE(a->Connect(TargetOf(*b)).has_value());
  ASSERT_TRUE(Run([&] { return !a->downs.empty(); }));
  EXPECT_TRUE(b->ups.empty());
  EXPECT_TRUE(b->downs.empty());
  EXPECT_NE(a->down().text.find("I-DATA"), std::string::npos) << a->down().text;
}

TEST_P(AssociationConformance, StatsTellOfThePath) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;

  for (int i = 0; i < 20; ++i) ASSERT_EQ(a->Send(std::string(1000, 'x')), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b->messages.size() == 20; }));
  RunFor(milliseconds(100));

  TwoHosts::On on(Host::kA);
  AssociationStats stats = a->engine->Stats(a->current());
  ASSERT_FALSE(stats.paths.empty());
  EXPECT_EQ(stats.paths[0].address, TargetOf(*b).addresses[0]);
  EXPECT_EQ(stats.paths[0].state, PathState::kActive);
  EXPECT_GT(stats.paths[0].cwnd_bytes, 0u);
  EXPECT_GT(stats.paths[0].rto.count(), 0);

  const bool knows_more = a->kind == Kind::kOwn;
  EXPECT_EQ(stats.paths[0].least_rtt.count() > 0, knows_more);
  EXPECT_EQ(stats.paths[0].delivery_rate > 0, knows_more);
  EXPECT_EQ(!stats.paths[0].congestion.empty(), knows_more);

  EXPECT_GT(stats.packets_in, 2u);
  EXPECT_GT(stats.packets_out, 5u);
  EXPECT_EQ(stats.messages_out, 20u);
  EXPECT_GT(stats.peer_window_bytes, 100'000u);
  EXPECT_EQ(stats.unacknowledged_chunks + stats.unsent_chunks, 0u);
  EXPECT_LT(stats.silence, milliseconds(2000));
}

INSTANTIATE_TEST_SUITE_P(All, AssociationConformance, ::testing::ValuesIn(AllPairings()),
                         [](const auto& pairing) { return Name(pairing.param); });

}  // namespace
}  // namespace funnel::sctp::test
