// A cookie that becomes too old while it is echoed (RFC 9260 section 5.2.6).
#include "sctp/wire/cause.h"
#include "tests/sctp/endpoint/endpoint_harness.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

// The peer has believed the cookie and is up; its COOKIE ACK never arrives. It would take another
// INIT with the tag of the first one for a late one, and refuse it for as long as it lives.
TEST(StaleCookieTest, AnotherAttemptComesUpThoughThePeerWasUpAlready) {
  LinkSettings link;
  link.bits_per_second = 100e6;
  auto settings = Simulation::Symmetric(link, 1);
  for (auto* endpoint : {&settings.a, &settings.b}) {
    endpoint->association.initiator.attempts = 80;
    endpoint->association.heartbeats.dead_after = 10min;
  }

  Simulation simulation(settings);
  const TimePoint until = simulation.now + 70s;
  simulation.filter = [&](const Node& from, MutableByteView packet) {
    ChunkReader chunks(packet.subspan(kCommonHeaderSize));
    const auto chunk = chunks.Next();
    return simulation.now > until || &from != &simulation.b || chunk->type != ChunkType::kCookieAck;
  };

  ASSERT_TRUE(simulation.Connect());
  EXPECT_LT(simulation.now, until + 10s);
  EXPECT_EQ(simulation.b.downs, std::vector<DownReason>{DownReason::kRestarted});

  EXPECT_EQ(simulation.a.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
  EXPECT_EQ(simulation.b.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil(
      [&] { return simulation.a.messages == 1 && simulation.b.messages == 1; }, 5s));
}

// The handshake begins again once, and does not end the process.
TEST_F(EndpointTest, AStaleCookieNamedTwiceInOneErrorIsOne) {
  Node &a = simulation.a, &b = simulation.b;
  bool refused = true;
  int inits = 0;
  simulation.filter = [&](const Node& from, MutableByteView packet) {
    inits += &from == &a && FirstChunk(packet) == ChunkType::kInit;
    return !refused || &from == &a || FirstChunk(packet) != ChunkType::kCookieAck;
  };
  const auto id = a.endpoint->Connect(b.address, 5002, simulation.now);
  ASSERT_TRUE(id);
  simulation.Pump();
  simulation.Run(200ms);
  ASSERT_EQ(b.ups, 1u);
  ASSERT_EQ(a.ups, 0u);
  ASSERT_EQ(inits, 1);

  const CommonHeader header{5002, 5001, a.endpoint->Find(*id)->identity().own_tag};
  simulation.Inject(a, b.address, Packet(header, [](BufferWriter& out) {
                      ChunkScope error(out, ChunkType::kError, 0);
                      WriteCause(out, CauseCode::kStaleCookie, Bytes(4));
                      WriteCause(out, CauseCode::kStaleCookie, Bytes(4));
                      error.End();
                    }));
  simulation.Run(10ms);
  EXPECT_EQ(inits, 2);
  refused = false;
  EXPECT_TRUE(simulation.RunUntil([&] { return a.ups == 1; }, 60s));
}

}  // namespace
}  // namespace sctp::testing
