// How associations begin and end, over a network that loses nothing unless a test says so.
#include <set>

#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

class EngineAssociationTest : public EngineTest {};

TEST_F(EngineAssociationTest, ConnectsAndTellsBothEnds) {
  Associate();
  EXPECT_FALSE(a.ups[0].info.incoming);
  EXPECT_EQ(a.ups[0].info.peer, b.address);
  EXPECT_EQ(a.ups[0].info.streams, 1024);
  EXPECT_TRUE(b.ups[0].info.incoming);
  EXPECT_EQ(b.ups[0].info.peer, a.address);
  EXPECT_NE(b.ups[0].info.peer_sctp_port, kDefaultSctpPort);
  EXPECT_EQ(b.ups[0].info.streams, 1024);
}

TEST_F(EngineAssociationTest, StreamsAreTheFewerOfBothEnds) {
  Settings few;
  few.streams = 10;
  Start(a, 1);
  Start(b, 2, few);
  Connect(a, b);
  ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == 1; }));
  EXPECT_EQ(a.ups[0].info.streams, 10);
  EXPECT_EQ(b.ups[0].info.streams, 10);
  EXPECT_EQ(a.Send("x", 9), SendStatus::kSent);
  EXPECT_EQ(a.Send("x", 10), SendStatus::kGone);
}

TEST_F(EngineAssociationTest, RefusesToConnectTwice) {
  Associate();
  auto again = a.engine->Connect({{b.address}});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, EISCONN);
}

// Each connects from a random port to the other's known one: two associations, of which the owners
// keep one.
TEST_F(EngineAssociationTest, SimultaneousConnectsDoNotMeet) {
  for (int lost = 0; lost <= 8; ++lost) {
    SCOPED_TRACE("lost packet " + std::to_string(lost));
    Reset();
    network.delay = milliseconds(2);
    int count = 0;
    network.fate = [&](auto&, auto&, Bytes&) { return ++count != lost; };
    Start(a, 1, Quick());
    Start(b, 2, Quick());
    Connect(a, b);
    Connect(b, a);
    ASSERT_TRUE(Run([&] { return a.ups.size() == 2 && b.ups.size() == 2; }));
    RunFor(milliseconds(100));
    EXPECT_TRUE(a.downs.empty());
    EXPECT_TRUE(b.downs.empty());
    for (const End::Up& up : a.ups)
      ASSERT_EQ(a.engine->Send(up.id, StreamId(0), AsBytes("hello"), {}), SendStatus::kSent);
    ASSERT_TRUE(Run([&] { return b.messages.size() == 2; }));
    EXPECT_NE(b.messages[0].id, b.messages[1].id);
  }
}

TEST_F(EngineAssociationTest, ConnectsFromARandomPort) {
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 4; ++i) {
    Reset();
    Associate();
    EXPECT_EQ(a.ups[0].info.peer_sctp_port, kDefaultSctpPort);
    EXPECT_GE(b.ups[0].info.peer_sctp_port, 49152);
    ports.insert(b.ups[0].info.peer_sctp_port);
  }
  EXPECT_GT(ports.size(), 1u);
}

TEST_F(EngineAssociationTest, NobodyThereIsNoAnswer) {
  Settings quick = Quick();
  quick.init_attempts = 2;
  Start(a, 1, quick);
  auto id = a.engine->Connect({{Address(77)}});
  ASSERT_TRUE(id.has_value());
  ASSERT_TRUE(Run([&] { return !a.downs.empty(); }));
  EXPECT_EQ(a.downs[0].id, *id);
  EXPECT_EQ(a.downs[0].reason, DownReason::kNoAnswer);
  EXPECT_EQ(a.engine->counters().associations_now, 0u);
}

TEST_F(EngineAssociationTest, ConnectCanBeGivenUpAndTriedAgain) {
  Start(a, 1);
  auto first = a.engine->Connect({{Address(2)}});
  ASSERT_TRUE(first.has_value());
  a.engine->Abort(*first, "changed my mind");
  Start(b, 2);
  auto second = a.engine->Connect({{Address(2)}});
  ASSERT_TRUE(second.has_value());
  ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == 1; }));
  EXPECT_EQ(a.ups[0].id, *second);
  ASSERT_EQ(a.downs.size(), 1u);
  EXPECT_EQ(a.downs[0].id, *first);
  EXPECT_EQ(a.downs[0].reason, DownReason::kLocal);
}

TEST_F(EngineAssociationTest, AbortEndsBothEndsWithTheReason) {
  Associate();
  a.engine->Abort(a.ups[0].id, "enough of this");
  EXPECT_EQ(a.Send("x"), SendStatus::kGone);
  EXPECT_TRUE(a.downs.empty()) << "told from inside Abort";
  ASSERT_TRUE(Run([&] { return !a.downs.empty() && !b.downs.empty(); }));
  EXPECT_EQ(a.downs[0].reason, DownReason::kLocal);
  EXPECT_EQ(b.downs[0].reason, DownReason::kAborted);
  EXPECT_NE(b.downs[0].text.find("enough of this"), std::string::npos) << b.downs[0].text;
}

TEST_F(EngineAssociationTest, AbortWorksWithAFullBuffer) {
  Associate();
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  std::string big(100'000, 'x');
  while (a.Send(big) == SendStatus::kSent) {
  }
  while (a.Send("small") == SendStatus::kSent) {
  }
  network.fate = nullptr;
  a.engine->Abort(a.ups[0].id, "full");
  ASSERT_TRUE(Run([&] { return !b.downs.empty(); }));
  EXPECT_EQ(b.downs[0].reason, DownReason::kAborted);
}

TEST_F(EngineAssociationTest, ShutdownDeliversWhatWasSent) {
  Associate();
  std::string big(100'000, 'x');
  for (int i = 0; i < 10; ++i) SendSoon(a, big);
  a.engine->Shutdown(a.ups[0].id);
  EXPECT_EQ(a.Send("too late"), SendStatus::kGone);
  ASSERT_TRUE(Run([&] { return !a.downs.empty() && !b.downs.empty(); }));
  EXPECT_EQ(b.messages.size(), 10u);
  EXPECT_EQ(a.downs[0].reason, DownReason::kShutdown);
  EXPECT_EQ(b.downs[0].reason, DownReason::kShutdown);
}

TEST_F(EngineAssociationTest, DestroyedEngineEndsTheOtherAtOnce) {
  Associate();
  a.engine.reset();
  ASSERT_TRUE(Run([&] { return !b.downs.empty(); }, milliseconds(500)));
  EXPECT_EQ(b.downs[0].reason, DownReason::kAborted);
}

TEST_F(EngineAssociationTest, SilentPeerIsDeadInTime) {
  Associate(Quick());
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  TimePoint silent = Now();
  ASSERT_TRUE(Run([&] { return !a.downs.empty() && !b.downs.empty(); }));
  EXPECT_EQ(a.downs[0].reason, DownReason::kDeadPeer);
  EXPECT_LT(Now() - silent, milliseconds(1300));
  EXPECT_GT(Now() - silent, milliseconds(700));
}

TEST_F(EngineAssociationTest, SilentPeerIsDeadInTimeWithDataOutstanding) {
  Associate(Quick());
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  TimePoint silent = Now();
  ASSERT_EQ(a.Send("anybody?"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return !a.downs.empty(); }));
  EXPECT_EQ(a.downs[0].reason, DownReason::kDeadPeer);
  EXPECT_LT(Now() - silent, milliseconds(1300));
}

TEST_F(EngineAssociationTest, IdleAssociationStaysUp) {
  Associate(Quick());
  RunFor(milliseconds(1500));
  EXPECT_TRUE(a.downs.empty());
  EXPECT_TRUE(b.downs.empty());
}

// The restarted peer comes from the same port, as one does in 16,384.
TEST_F(EngineAssociationTest, PeerThatBeganAnewReplacesItsOldSelf) {
  Settings settings;
  settings.connect_port = 50'000;
  Associate(settings);
  ASSERT_EQ(a.Send("old"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));

  // It dies without a packet.
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  a.engine.reset();
  network.fate = nullptr;
  a = End();
  Start(a, 1, settings);
  Connect(a, b);

  ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == 2; }));
  ASSERT_EQ(b.downs.size(), 1u);
  EXPECT_EQ(b.downs[0].id, b.ups[0].id);
  EXPECT_EQ(b.downs[0].reason, DownReason::kRestarted);
  EXPECT_NE(b.ups[0].id, b.ups[1].id);
  EXPECT_EQ(b.engine->Send(b.ups[0].id, StreamId(0), AsBytes("x"), {}), SendStatus::kGone);

  ASSERT_EQ(b.Send("to the new one"), SendStatus::kSent);
  ASSERT_EQ(a.Send("from the new one"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return a.messages.size() == 1 && b.messages.size() == 2; }));
  EXPECT_EQ(b.messages[1].id, b.ups[1].id);
}

TEST_F(EngineAssociationTest, RestartsManyTimesOver) {
  Settings settings;
  settings.connect_port = 50'000;
  Start(b, 2);
  for (unsigned i = 1; i <= 5; ++i) {
    network.fate = nullptr;
    a = End();
    Start(a, 1, settings);
    Connect(a, b);
    ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == i; })) << i;
    ASSERT_EQ(b.downs.size(), i - 1);
    std::string big(100'000, 'x');
    ASSERT_EQ(a.Send(big), SendStatus::kSent);
    ASSERT_EQ(b.Send(big), SendStatus::kSent);
    Turn();
    network.fate = [](auto&, auto&, Bytes&) { return false; };
    a.engine.reset();
  }
  EXPECT_EQ(b.engine->counters().associations_now, 1u);
}

// From another port it is another peer for the engine; only its owner knows better. What is still
// sent to the old association is answered.
TEST_F(EngineAssociationTest, PeerThatBeganAnewFromAnotherPortEndsItsOldSelf) {
  Settings settings;
  settings.connect_port = 50'000;
  Associate(settings);
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  a.engine.reset();
  network.fate = nullptr;
  a = End();
  settings.connect_port = 50'001;
  Start(a, 1, settings);
  Connect(a, b);
  ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == 2; }));
  EXPECT_TRUE(b.downs.empty());
  ASSERT_EQ(b.engine->Send(b.ups[0].id, StreamId(0), AsBytes("x"), {}), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.downs.size() == 1; }, milliseconds(1000)));
  EXPECT_EQ(b.downs[0].id, b.ups[0].id);
  EXPECT_EQ(b.downs[0].reason, DownReason::kAborted);
}

// The accepting side has lost its state: the connecting side learns that from the first packet it
// sends.
TEST_F(EngineAssociationTest, PeerThatForgotUsSaysSo) {
  Associate();
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  b.engine.reset();
  network.fate = nullptr;
  b = End();
  Start(b, 2);
  ASSERT_EQ(a.Send("still there?"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return !a.downs.empty(); }, milliseconds(1000)));
  EXPECT_EQ(a.downs[0].reason, DownReason::kAborted);
  EXPECT_GE(b.engine->counters().strangers_answered, 1u);  // A asks whether it is true
}

TEST_F(EngineAssociationTest, PeerWithoutInterleavingIsRefused) {
  Settings plain;
  plain.interleaving = false;
  Start(a, 1);
  Start(b, 2, plain);
  Connect(b, a);
  ASSERT_TRUE(Run([&] { return !b.downs.empty(); }));
  EXPECT_TRUE(a.ups.empty());
  EXPECT_TRUE(a.downs.empty());
  EXPECT_NE(b.downs[0].text.find("I-DATA"), std::string::npos) << b.downs[0].text;
}

TEST_F(EngineAssociationTest, CallsFromInsideCallbacksAreAllowed) {
  Associate();
  b.on_message = [&](const End::Message& message) {
    EXPECT_EQ(b.engine->Send(message.id, message.stream, message.bytes, {}), SendStatus::kSent);
    b.engine->Abort(message.id, "seen enough");
    EXPECT_EQ(b.engine->Send(message.id, message.stream, message.bytes, {}), SendStatus::kGone);
    EXPECT_TRUE(b.engine->Stats(message.id).paths.empty());
  };
  for (int i = 0; i < 5; ++i) ASSERT_EQ(a.Send("x"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return !a.downs.empty() && !b.downs.empty(); }));
  EXPECT_EQ(b.messages.size(), 1u);
}

}  // namespace
}  // namespace funnel::sctp::test
