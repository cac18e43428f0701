// Messages: sizes, limits, buffers.
#include <random>

#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

// The size of I-DATA before its payload (RFC 8260 section 2.1).
constexpr std::size_t kIDataHeaderBytes = 20;

class EngineMessageTest : public EngineTest {};

TEST_F(EngineMessageTest, CarriesStreamProtocolAndBytes) {
  Associate();
  ASSERT_EQ(a.Send("to seven", 7), SendStatus::kSent);
  ASSERT_EQ(a.Send("to the last", 1023, {.unordered = true}), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 2; }));
  EXPECT_EQ(b.messages[0].stream, StreamId(7));
  EXPECT_EQ(b.messages[0].payload_protocol, kPayloadProtocol);
  EXPECT_EQ(AsText(b.messages[0].bytes), "to seven");
  EXPECT_EQ(b.messages[1].stream, StreamId(1023));
  EXPECT_EQ(AsText(b.messages[1].bytes), "to the last");
}

TEST_F(EngineMessageTest, EverySizeArrivesWhole) {
  Associate();
  std::size_t single = a.engine->MaxUnfragmented(a.ups[0].id);
  std::vector<std::size_t> sizes{1,          2,          3,    4,     5,     single - 1, single,
                                 single + 1, 2 * single, 9000, 16384, 65507, 131072};
  std::mt19937 random(1);
  std::vector<std::string> sent;
  for (std::size_t size : sizes) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    SendSoon(a, text);
    sent.push_back(std::move(text));
  }
  ASSERT_TRUE(Run([&] { return b.messages.size() == sent.size(); }));
  for (std::size_t i = 0; i < sent.size(); ++i)
    EXPECT_EQ(AsText(b.messages[i].bytes), sent[i]) << sizes[i];
}

// This concerns what waits in the core, not only at the edges: urgent streams first, equals by
// weight.
TEST_F(EngineMessageTest, StreamsThatWaitAreSentByPriorityAndWeight) {
  Associate();
  const std::string large(1000, 'x');
  const std::array<SendOptions, 4> options{{{},
                                            {.share = SendOptions::Share{7, 1}},
                                            {.share = SendOptions::Share{7, 3}},
                                            {.share = SendOptions::Share{1, 1}}}};
  for (unsigned stream : {1u, 2u, 3u, 0u})
    for (int i = 0; i < 200; ++i)
      ASSERT_EQ(a.Send(large, stream, options[stream]), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 800; }));

  std::vector<unsigned> order;
  for (const auto& message : b.messages) order.push_back(message.stream.value());
  const auto of = [&](unsigned stream, std::size_t first, std::size_t count) {
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(first);
    return std::count(begin, begin + static_cast<std::ptrdiff_t>(count), stream);
  };
  EXPECT_EQ(of(0, 0, 200), 200) << "what keeps the association going";
  EXPECT_EQ(of(3, 200, 200), 200) << "then the urgent service";
  EXPECT_NEAR(static_cast<double>(of(2, 400, 200)), 150, 2);
}

TEST_F(EngineMessageTest, TooLargeIsRefused) {
  Associate();
  EXPECT_EQ(a.Send(std::string(131073, 'x')), SendStatus::kTooLarge);
  EXPECT_EQ(a.Send("fine"), SendStatus::kSent);
}

// The other end allows larger messages than this one: if it sends one, the association ends.
TEST_F(EngineMessageTest, OversizeEndsThatAssociation) {
  Settings small;
  small.max_message_bytes = 16384;
  Start(a, 1);
  Start(b, 2, small);
  Connect(a, b);
  ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == 1; }));
  ASSERT_EQ(a.Send(std::string(16384, 'x')), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));
  ASSERT_EQ(a.Send(std::string(16385, 'x')), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return !a.downs.empty() && !b.downs.empty(); }));
  EXPECT_EQ(b.downs[0].reason, DownReason::kViolation);
  EXPECT_EQ(b.messages.size(), 1u);
  EXPECT_EQ(b.engine->counters().messages_oversize, 1u);
}

TEST_F(EngineMessageTest, LargestUnfragmentedFillsOnePacketExactly) {
  for (const char* host : {"192.0.2.", "2001:db8::"}) {
    SCOPED_TRACE(host);
    Reset();
    Start(a, 1);
    Start(b, 2);
    bool ipv6 = host[0] != '1';
    if (ipv6) {
      for (End* end : ends) {
        end->address = *TransportAddress::Parse(host + std::to_string(end == &a ? 1 : 2), 9899);
        auto made = OwnCore::Make({}, std::make_unique<MemoryLink>(network, end->address), *end);
        ASSERT_TRUE(made.has_value());
        end->engine = std::move(*made);
      }
    }

    Connect(a, b);
    ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == 1; }));
    RunFor(milliseconds(50));

    std::size_t single = a.engine->MaxUnfragmented(a.ups[0].id);
    std::size_t packet = Settings().ip_packet_limit_bytes - (ipv6 ? 40 : 20) - 8;
    EXPECT_EQ(single, packet - ::sctp::kCommonHeaderSize - kIDataHeaderBytes);

    network.largest_packet = 0;
    std::uint64_t before = network.carried;
    ASSERT_EQ(a.Send(std::string(single, 'x')), SendStatus::kSent);
    a.engine->Flush();
    EXPECT_EQ(network.carried, before + 1);
    EXPECT_EQ(network.largest_packet, packet);
    ASSERT_TRUE(Run([&] { return b.messages.size() == 1; }));
  }
}

TEST_F(EngineMessageTest, NoPacketIsLargerThanThePath) {
  Associate();
  for (unsigned i = 1; i <= 50; ++i) SendSoon(a, std::string(20'000, 'x'), i);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 50; }));
  EXPECT_LE(network.largest_packet, 1464u);
}

TEST_F(EngineMessageTest, FullBufferSaysSoAndThenThatItIsWritable) {
  Settings small;
  small.send_buffer_bytes = 512 << 10;
  Associate(small);
  network.delay = milliseconds(1);
  std::size_t sent = 0;
  SendStatus status;
  while ((status = a.Send(std::string(16384, 'x'))) == SendStatus::kSent) ++sent;
  EXPECT_EQ(status, SendStatus::kFull);
  EXPECT_LE(sent, small.send_buffer_bytes / 16384);
  EXPECT_GE(sent, 2u);
  EXPECT_EQ(a.writables, 0);
  ASSERT_TRUE(Run([&] { return a.writables > 0; }));
  EXPECT_EQ(a.Send(std::string(16384, 'x')), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == sent + 1; }));
}

// Messages that may expire go before bulk, however much bulk there is.
TEST_F(EngineMessageTest, BulkDoesNotStarveMessagesWithALifetime) {
  Associate();
  network.delay = milliseconds(10);

  int bulk = 0, asked = 0;
  TimePoint until = Now() + milliseconds(1000);
  TimePoint due = Now();

  ASSERT_TRUE(Run([&] {
    while (a.Send(std::string(16384, 'x'), 1) == SendStatus::kSent) ++bulk;
    if (Now() >= due) {
      due += milliseconds(20);
      ++asked;
      EXPECT_EQ(a.Send("request", 2, {.unordered = true, .lifetime = milliseconds(200)}),
                SendStatus::kSent);
    }
    return Now() > until;
  }));

  RunFor(milliseconds(300));
  auto answered = std::ranges::count_if(
      b.messages, [](const auto& message) { return message.stream == StreamId(2); });
  EXPECT_EQ(answered, asked);
  EXPECT_GT(bulk, 50);
}

TEST_F(EngineMessageTest, BulkLeavesRoomForRequests) {
  Associate();
  network.fate = [](auto&, auto&, Bytes&) { return false; };
  while (a.Send(std::string(16384, 'x'), 1) == SendStatus::kSent) {
  }
  EXPECT_EQ(a.Send("request", 2), SendStatus::kSent);
}

// A large message on one stream does not delay a small one on another (I-DATA).
TEST_F(EngineMessageTest, LargeMessageDoesNotBlockOtherStreams) {
  Associate();
  network.delay = milliseconds(10);
  ASSERT_EQ(a.Send(std::string(120'000, 'x'), 1), SendStatus::kSent);
  a.engine->Flush();
  ASSERT_EQ(a.Send("small", 2, {.unordered = true}), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.messages.size() == 2; }));
  EXPECT_EQ(b.messages[0].stream, StreamId(2));
}

TEST_F(EngineMessageTest, FullSocketIsWaitedFor) {
  Associate();
  network.capacity_packets = 4;
  for (int i = 0; i < 5; ++i) ASSERT_EQ(a.Send(std::string(1000, 'x')), SendStatus::kSent);
  a.engine->Flush();
  EXPECT_TRUE(a.engine->wants_writable(-1));
  EXPECT_GT(a.engine->counters().socket_full, 0u);
  for (int i = 0; i < 20; ++i) SendSoon(a, std::string(5000, 'x'));
  ASSERT_TRUE(Run([&] { return b.messages.size() == 25; }));
  EXPECT_FALSE(a.engine->wants_writable(-1));
}

TEST_F(EngineMessageTest, OutputQueueIsBounded) {
  Settings small;
  small.output_queue_bytes = 20'000;
  Associate(small);
  network.capacity_packets = 0;
  for (int i = 0; i < 200; ++i) (void)a.Send(std::string(1000, 'x'));
  EXPECT_LE(a.engine->counters().queue_now_bytes, 20'000u);
  network.capacity_packets = SIZE_MAX;
  std::size_t sent = a.engine->Stats(a.ups[0].id).messages_out;
  ASSERT_TRUE(Run([&] { return b.messages.size() == sent; }, milliseconds(20'000)));
}

TEST_F(EngineMessageTest, StatsTellOfThePath) {
  Associate();
  network.delay = milliseconds(10);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(a.Send(std::string(1000, 'x')), SendStatus::kSent);
    RunFor(milliseconds(5));
  }
  ASSERT_TRUE(Run([&] { return b.messages.size() == 50; }));
  AssociationStats stats = a.engine->Stats(a.ups[0].id);
  ASSERT_EQ(stats.paths.size(), 1u);
  EXPECT_EQ(stats.paths[0].address, b.address);
  EXPECT_EQ(stats.paths[0].state, PathState::kActive);
  EXPECT_GE(stats.paths[0].srtt, milliseconds(10));
  EXPECT_LE(stats.paths[0].srtt, milliseconds(60));
  EXPECT_GE(stats.paths[0].rto, milliseconds(100));
  EXPECT_GT(stats.paths[0].cwnd_bytes, 9000u);
  EXPECT_EQ(stats.messages_out, 50u);
  EXPECT_GE(stats.packets_out, 50u);
  EXPECT_EQ(b.engine->Stats(b.ups[0].id).messages_in, 50u);
  EXPECT_TRUE(a.engine->Stats(AssociationId(999)).paths.empty());
}

}  // namespace
}  // namespace funnel::sctp::test
