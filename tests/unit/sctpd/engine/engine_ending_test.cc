// Associations that need time to end.
#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

class EngineEndingTest : public EngineTest {};

// Its peer no longer answers; a new association with that peer need not wait for it.
TEST_F(EngineEndingTest, OneThatIsEndingIsInNobodysWay) {
  Associate(Quick());
  auto twice = a.engine->Connect({{b.address}});
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().code, EISCONN);
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  a.engine->Shutdown(a.ups[0].id);
  a.engine->Flush();
  network.fate = nullptr;
  auto again = a.engine->Connect({{b.address}});
  ASSERT_TRUE(again.has_value()) << again.error().message;
  ASSERT_TRUE(Run([&] { return a.ups.size() == 2; }));
  EXPECT_EQ(a.ups[1].id, *again);
  ASSERT_EQ(a.Send("by the new one"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 1; }));
}

// A peer that acknowledges nothing any more, but still sends packets.
TEST_F(EngineEndingTest, ShutdownThatThePeerDoesNotFinishEnds) {
  Associate(Quick());
  Bytes seen;
  network.fate = [&](const TransportAddress& from, auto&, Bytes& packet) {
    const auto is_data = [](ChunkType type) { return type == ChunkType::kIData; };
    if (from == a.address && FindChunk(packet, is_data)) seen = packet;
    return true;
  };
  ASSERT_EQ(a.Send("look"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));
  const ::sctp::CommonHeader header = ReadHeader(seen);

  network.fate = [](auto&, auto&, Bytes&) { return false; };
  ends = {&b};
  auto heartbeat = [&] {
    ByteWriter out;
    out.U16(header.source_port).U16(header.destination_port).U32(header.tag.value()).U32(0);
    out.U8(4).U8(0).U16(12).U16(1).U16(8).U32(7);
    Bytes packet = out.Release();
    WriteChecksum(packet);
    network.inbox[b.address].push_back({a.address, std::move(packet), Now()});
  };
  ASSERT_EQ(b.engine->Send(b.ups[0].id, StreamId(1), AsBytes("never acknowledged"), {}),
            SendStatus::kSent);
  b.engine->Shutdown(b.ups[0].id);
  TimePoint due = Now();
  EXPECT_TRUE(Run(
      [&] {
        for (; due <= Now(); due += milliseconds(100)) heartbeat();
        return !b.downs.empty();
      },
      Quick().dead_peer_timeout * 2));
  EXPECT_EQ(b.engine->Send(b.ups[0].id, StreamId(1), AsBytes("more"), {}), SendStatus::kGone);
}

}  // namespace
}  // namespace funnel::sctp::test
