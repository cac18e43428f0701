// Associations that take their time to end.
#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

class EngineEndingTest : public EngineTest {};

// Its peer does not answer any more; whoever wants to get there again need not wait for it.
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

// A peer that says SHUTDOWN, acknowledges nothing of what it was sent, and is heard all the while.
TEST_F(EngineEndingTest, ShutdownThatThePeerDoesNotFinishEnds) {
  Associate(Quick());
  Bytes seen;
  network.fate = [&](const TransportAddress& from, auto&, Bytes& packet) {
    if (from == a.address && packet[12] == 0x40) seen = packet;
    return true;
  };
  ASSERT_EQ(a.Send("look"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));
  const PacketHeader header = *ReadHeader(seen);
  std::uint32_t next_tsn = 0;
  network.fate = [&](const TransportAddress& from, auto&, Bytes& packet) {
    ChunkReader chunks(packet);
    while (auto chunk = chunks.Next())
      if (from == b.address && CarriesData(chunk->type))
        next_tsn = static_cast<std::uint32_t>(LoadBigEndian<4>(chunk->value.data()));
    return false;
  };
  ends = {&b};
  auto say = [&](std::uint8_t type, std::uint32_t value) {
    ByteWriter out;
    out.U16(header.source_port).U16(header.destination_port).U32(header.tag).U32(0);
    out.U8(type).U8(0);
    if (type == 4)
      out.U16(12).U16(1).U16(8).U32(value);
    else
      out.U16(8).U32(value);
    Bytes packet = out.Release();
    WriteChecksum(packet);
    network.inbox[b.address].push_back({a.address, std::move(packet), Now()});
  };
  ASSERT_EQ(b.engine->Send(b.ups[0].id, StreamId(1), AsBytes("never acknowledged"), {}),
            SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return next_tsn != 0; }));
  say(7, next_tsn - 1);
  TimePoint due = Now();
  EXPECT_TRUE(Run(
      [&] {
        for (; due <= Now(); due += milliseconds(100)) say(4, 7);
        return !b.downs.empty();
      },
      Quick().dead_peer_timeout * 2));
  EXPECT_EQ(b.engine->Send(b.ups[0].id, StreamId(1), AsBytes("more"), {}), SendStatus::kGone);
}

}  // namespace
}  // namespace funnel::sctp::test
