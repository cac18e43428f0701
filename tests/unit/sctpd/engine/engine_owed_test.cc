// What an engine guarantees to users of engine.h: little memory and work for strangers, and room
// for what may expire.
#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

// A link of so many bytes a second, with a router's queue before it.
class SlowLink : public MemoryLink {
 public:
  SlowLink(MemoryNetwork& network, TransportAddress self, double bytes_per_second)
      : MemoryLink(network, self), network_(network), self_(self), rate_(bytes_per_second) {}
  bool Transmit(OutputQueue& queue, EngineCounters& counters) override {
    constexpr double kQueueBytes = 128 * 1024;
    for (; !queue.empty(); queue.Pop(1)) {
      MutableByteView packet = queue.packet(0);
      const TimePoint now = Now();
      free_ = std::max(free_, now);
      ++counters.packets_out;
      if (Seconds(free_ - now) * rate_ + static_cast<double>(packet.size()) > kQueueBytes) continue;
      free_ += std::chrono::duration_cast<Duration>(
          std::chrono::duration<double>(static_cast<double>(packet.size()) / rate_));
      network_.inbox[queue.entry(0).route.peer].push_back(
          {self_, Bytes(packet.begin(), packet.end()), free_ + milliseconds(10)});
    }
    return true;
  }

 private:
  static double Seconds(Duration time) { return std::chrono::duration<double>(time).count(); }
  MemoryNetwork& network_;
  const TransportAddress self_;
  const double rate_;
  TimePoint free_{};
};

class EngineOwedTest : public EngineTest {
 protected:
  void Inject(const TransportAddress& from, Bytes packet) {
    WriteChecksum(packet);
    network.inbox[b.address].push_back({from, std::move(packet), Now()});
  }
  static Bytes BogusCookieEcho(std::uint16_t source_port) {
    ByteWriter out;
    out.U16(source_port).U16(kDefaultSctpPort).U32(99).U32(0);
    out.U8(10).U8(0).U16(8).U32(5);
    return out.Release();
  }
};

// A host that completes a handshake is not verified yet, and may have as many hosts as there are
// associations for strangers.
TEST_F(EngineOwedTest, UnverifiedAssociationHoldsLittle) {
  constexpr std::size_t kLittle = 256u << 10, kFragment = 1400;
  Bytes last;
  network.fate = [&](const TransportAddress& from, auto&, Bytes& packet) {
    if (from == a.address && packet[12] == 0x40) last = packet;
    return true;
  };
  Associate();
  ASSERT_EQ(a.Send("first"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));
  const ::sctp::CommonHeader header = ReadHeader(last);
  const auto first = static_cast<std::uint32_t>(LoadBigEndian<4>(last.data() + 16)) + 1;

  // The beginnings of messages that never end, each on another stream; B says how much of them it
  // takes.
  std::uint32_t taken = first - 1;
  network.fate = [&](const TransportAddress& from, auto&, Bytes& packet) {
    const auto sack = FindChunk(packet, [](ChunkType type) { return type == ChunkType::kSack; });
    if (from == b.address && sack)
      taken = static_cast<std::uint32_t>(LoadBigEndian<4>(sack->data()));
    return from != b.address;
  };
  ends = {&b};
  for (std::uint32_t i = 0; i < 1000 && b.downs.empty(); ++i) {
    ByteWriter out;
    out.U16(header.source_port).U16(header.destination_port).U32(header.tag.value()).U32(0);
    out.U8(0x40).U8(2 | 4).U16(20 + kFragment).U32(first + i);
    out.U16(static_cast<std::uint16_t>(1 + i)).U16(0).U32(1).U32(kPayloadProtocol);
    out.Append(ByteView(Bytes(kFragment, 'x')));
    Inject(a.address, out.Release());
    if (i % 16 == 15) Turn();
  }
  RunFor(milliseconds(100));
  EXPECT_LE((taken - first + 1) * kFragment, kLittle);
}

// A TCP service of many small sessions, and DNS, on 10 Mbit/s.
TEST_F(EngineOwedTest, ReliableFramesLeaveRoomForWhatMayExpire) {
  for (End* end : {&a, &b}) {
    end->address = Address(end == &a ? 1 : 2);
    auto made =
        OwnCore::Make(Settings(), std::make_unique<SlowLink>(network, end->address, 1.25e6), *end);
    ASSERT_TRUE(made.has_value());
    end->engine = std::move(*made);
  }

  Connect(a, b);
  ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == 1; }));

  std::size_t arrived = 0, asked = 0;
  b.on_message = [&](const End::Message& message) {
    arrived += message.stream == StreamId(2);
    b.messages.clear();
  };
  bool writable = true;
  a.on_writable = [&] { writable = true; };

  const std::string frame(1300, 'r');
  const TimePoint began = Now();
  TimePoint due = began;
  Run(
      [&] {
        while (writable) writable = a.Send(frame, 1, {.unordered = true}) == SendStatus::kSent;
        for (; due <= Now(); due += milliseconds(10), ++asked)
          (void)a.Send("question", 2, {.unordered = true, .lifetime = milliseconds(1000)});
        a.engine->Flush();
        return Now() - began > std::chrono::seconds(4);
      },
      milliseconds(6000));
  EXPECT_GT(arrived, asked / 2);
}

// The flood comes from the very address of the node that is about to connect.
TEST_F(EngineOwedTest, CookieEchoIsAdmittedByItsMac) {
  Start(a, 1);
  Start(b, 2);
  network.fate = [&](const TransportAddress& from, auto&, Bytes& packet) {
    if (from == a.address && packet[12] == 10)
      for (std::uint16_t i = 0; i < 1000; ++i) Inject(a.address, BogusCookieEcho(1000 + i));
    return true;
  };
  Connect(a, b);
  EXPECT_TRUE(Run([&] { return b.ups.size() == 1; }, milliseconds(300)));
}

TEST_F(EngineOwedTest, BogusCookieEchoVisitsNoAssociation) {
  Associate();
  const std::uint64_t before = b.engine->counters().association_visits;
  for (std::uint16_t i = 0; i < 40; ++i) Inject(Address(9), BogusCookieEcho(1000 + i));
  b.engine->OnReadable();
  EXPECT_LT(b.engine->counters().association_visits - before, 20u);
}

TEST_F(EngineOwedTest, RequestsVisitTheirOwnAssociationOnly) {
  constexpr std::uint16_t kOthers = 30;
  Settings settings;
  settings.strangers.packets_per_second_per_host = 10'000;
  settings.strangers.associations = settings.strangers.associations_per_host = kOthers + 1;
  Associate(settings);

  std::vector<std::unique_ptr<End>> others;
  for (std::uint16_t i = 0; i < kOthers; ++i) {
    End& other = *others.emplace_back(std::make_unique<End>());
    ends.push_back(&other);
    Start(other, 50 + i, settings);
    Connect(other, b);
  }
  ASSERT_TRUE(Run([&] { return b.ups.size() == 1u + kOthers; }));

  ends = {&a, &b};
  const std::uint64_t before = b.engine->counters().association_visits;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(b.engine->Send(b.ups[0].id, StreamId(1), AsBytes("question"), {}), SendStatus::kSent);
    RunFor(milliseconds(10));
  }

  EXPECT_EQ(a.messages.size(), 50u);
  EXPECT_LT(b.engine->counters().association_visits - before, 500u);
}

}  // namespace
}  // namespace funnel::sctp::test
