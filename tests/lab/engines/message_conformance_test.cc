// Messages, for every pairing of engines over every carrier: whole, in order where they have one,
// within limits.
#include <algorithm>

#include "tests/lab/engines/engine_lab.h"

namespace funnel::sctp::test {
namespace {

class MessageConformance : public EngineLab {
 protected:
  // Bytes that depend on N and on their place.
  static Bytes Pattern(std::size_t size, std::size_t n) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 7 + i / 251 + n);
    return out;
  }
  // COUNT messages of SIZE bytes from A to B, as fast as they go.
  void Transfer(std::size_t count, std::size_t size, SendOptions options, unsigned streams = 1) {
    std::size_t sent = 0, before = b->messages.size();
    bool full = false;
    a->on_writable = [&] { full = false; };

    ASSERT_TRUE(Run(
        [&] {
          while (!full && sent < count) {
            SendStatus status = a->Send(Pattern(size, sent), 1 + sent % streams, options);
            if (status == SendStatus::kSent) {
              ++sent;
            } else {
              RequireFull(status);
              full = true;
            }
          }
          return b->messages.size() == before + count;
        },
        milliseconds(20'000)))
        << sent << " sent, " << b->messages.size() - before << " came";

    a->on_writable = nullptr;
  }
  static void RequireFull(SendStatus status) {
    if (status != SendStatus::kFull) throw std::runtime_error("the association is gone");
  }
};

TEST_P(MessageConformance, SizesFromOneByteToTheLimitArriveWhole) {
  Settings large;
  large.max_message_bytes = 1u << 20;
  large.send_buffer_bytes = large.receive_buffer_bytes = 4u << 20;
  ASSERT_NO_FATAL_FAILURE(Associate(large));
  if (IsSkipped()) return;

  std::size_t sizes[] = {1,    2,     100,   1000,  1399,    1400,    1401,           1500,
                         4000, 16384, 65535, 65536, 131'072, 300'000, (1u << 20) - 1, 1u << 20};

  std::size_t n = 0;
  for (std::size_t size : sizes) {
    SCOPED_TRACE(size);
    Bytes message = Pattern(size, n++);
    ASSERT_TRUE(SendSoon(*a, message, 3));
    ASSERT_TRUE(Run([&] { return b->messages.size() == n; }));
    EXPECT_TRUE(b->messages.back().bytes == message);
    EXPECT_EQ(b->messages.back().stream, StreamId(3));
    EXPECT_EQ(b->messages.back().payload_protocol, kPayloadProtocol);
  }

  EXPECT_EQ(a->Send(Bytes((1u << 20) + 1, 'x')), SendStatus::kTooLarge);
}

TEST_P(MessageConformance, LargestUnfragmentedMessageIsOneChunk) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  for (LabEnd* end : {&*a, &*b}) {
    // Our own core finds out first what the path takes.
    const auto largest = [&] { return end->engine->MaxUnfragmented(end->current()); };
    EXPECT_TRUE(Run([&] { return largest() > 1300u; })) << largest();
    EXPECT_LT(largest(), 1492u);
  }
}

TEST_P(MessageConformance, OrderedMessagesKeepTheirOrder) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  TwoHosts::Lose(0.03);
  Transfer(500, 900, {});
  TwoHosts::LoseNothing();
  for (std::size_t i = 0; i < 500; ++i)
    ASSERT_TRUE(b->messages[i].bytes == Pattern(900, i)) << "message " << i;
}

TEST_P(MessageConformance, UnorderedMessagesAllArriveOnce) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  TwoHosts::Lose(0.03);
  Transfer(500, 900, {.unordered = true}, 8);
  TwoHosts::LoseNothing();
  std::vector<Bytes> expected, got;
  for (std::size_t i = 0; i < 500; ++i) expected.push_back(Pattern(900, i));
  for (const auto& message : b->messages) got.push_back(message.bytes);
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  EXPECT_TRUE(expected == got);
}

TEST_P(MessageConformance, LargeMessagesOfManyStreamsArriveWhole) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  Transfer(120, 60'000, {.unordered = true}, 30);
  std::vector<Bytes> expected, got;
  for (std::size_t i = 0; i < 120; ++i) expected.push_back(Pattern(60'000, i));
  for (const auto& message : b->messages) got.push_back(message.bytes);
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  EXPECT_TRUE(expected == got);
}

TEST_P(MessageConformance, BothDirectionsAtOnce) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;

  a->keep_messages = b->keep_messages = false;
  constexpr std::size_t kBytes = 3'000'000, kSize = 10'000;
  std::size_t sent[2] = {0, 0};
  ASSERT_TRUE(Run(
      [&] {
        std::size_t i = 0;
        for (LabEnd* end : {&*a, &*b}) {
          while (sent[i] < kBytes && end->Send(Pattern(kSize, 0)) == SendStatus::kSent)
            sent[i] += kSize;
          ++i;
        }
        return a->message_bytes == kBytes && b->message_bytes == kBytes;
      },
      milliseconds(30'000)))
      << a->message_bytes << " and " << b->message_bytes;
}

TEST_P(MessageConformance, FullBufferSaysSoAndWhenItHasRoom) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;

  TwoHosts::Cut();
  std::size_t sent = 0;
  while (a->Send(Bytes(10'000, 'x')) == SendStatus::kSent) {
    ASSERT_LT(++sent, 10'000u);
    if (sent % 20 == 0) RunFor(milliseconds(0));
  }

  EXPECT_GT(sent, 3u);
  // One packet's worth still fits, so that bulk does not keep requests out.
  EXPECT_EQ(a->Send("a request"), SendStatus::kSent);
  EXPECT_EQ(a->writables, 0);

  TwoHosts::Heal();
  ASSERT_TRUE(Run([&] { return a->writables > 0; }));
  EXPECT_EQ(a->Send(Bytes(10'000, 'x')), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b->messages.size() == sent + 2; }, milliseconds(20'000)))
      << b->messages.size() << " of " << sent + 2;
}

TEST_P(MessageConformance, MessagesTooOldAreNotSent) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;

  TwoHosts::Cut();
  std::size_t short_lived = 0;
  for (int i = 0; i < 200; ++i)
    if (a->Send(Pattern(1000, 1), 1, {.unordered = true, .lifetime = milliseconds(100)}) ==
        SendStatus::kSent)
      ++short_lived;
  EXPECT_GT(short_lived, 50u);

  ASSERT_EQ(a->Send("reliable", 2), SendStatus::kSent);
  RunFor(milliseconds(600));
  TwoHosts::Heal();
  ASSERT_TRUE(Run([&] {
    return std::any_of(b->messages.begin(), b->messages.end(),
                       [](const auto& m) { return AsText(m.bytes) == "reliable"; });
  }));

  RunFor(milliseconds(300));
  EXPECT_LT(b->messages.size(), short_lived / 2);

  TwoHosts::On on(Host::kA);
  EXPECT_GT(a->engine->Stats(a->current()).expired_messages, 0u);
}

TEST_P(MessageConformance, FreshMessagesWithALifetimeArrive) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  Transfer(100, 500, {.unordered = true, .lifetime = milliseconds(5000)}, 4);
}

TEST_P(MessageConformance, LostMessageHoldsUpNoUnorderedOne) {
  Settings patient;  // the lost one is not sent again before the other one is there
  patient.rto_min = patient.rto_initial = milliseconds(1000);
  ASSERT_NO_FATAL_FAILURE(Associate(patient));
  if (IsSkipped()) return;

  ASSERT_EQ(a->Send("warm"), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b->messages.size() == 1; }));

  TwoHosts::Cut();
  ASSERT_EQ(a->Send("lost at first", 1, {.unordered = true}), SendStatus::kSent);
  RunFor(milliseconds(5));
  TwoHosts::Heal();
  ASSERT_EQ(a->Send("passes", 2, {.unordered = true}), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b->messages.size() == 3; }));

  std::vector<std::string> texts;
  for (const auto& message : b->messages) texts.emplace_back(AsText(message.bytes));
  EXPECT_EQ(texts[1], "passes");
  EXPECT_EQ(texts[2], "lost at first");
}

TEST_P(MessageConformance, MessageOverTheLimitEndsTheAssociation) {
  Settings small;
  small.max_message_bytes = 10'000;
  Start(*a);
  if (!IsSkipped()) Start(*b, small);
  if (IsSkipped()) return;
  ASSERT_TRUE(a->Connect(TargetOf(*b)).has_value());
  ASSERT_TRUE(Run([&] { return a->ups.size() == 1 && b->ups.size() == 1; }));
  ASSERT_EQ(a->Send(Bytes(10'000, 'x')), SendStatus::kSent);
  ASSERT_EQ(a->Send(Bytes(10'001, 'x')), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return !a->downs.empty() && !b->downs.empty(); }));
  EXPECT_EQ(b->down().reason, DownReason::kViolation);
  EXPECT_EQ(a->down().reason, DownReason::kAborted);
  EXPECT_EQ(b->messages.size(), 1u);
  EXPECT_EQ(b->engine->counters().messages_oversize, 1u);
}

TEST_P(MessageConformance, EveryStreamCarries) {
  ASSERT_NO_FATAL_FAILURE(Associate());
  if (IsSkipped()) return;
  for (unsigned stream = 0; stream < 1024; stream += 93)
    ASSERT_EQ(a->Send(Pattern(50, stream), stream), SendStatus::kSent);
  ASSERT_EQ(a->Send("last", 1023), SendStatus::kSent);
  EXPECT_EQ(a->Send("none", 1024), SendStatus::kGone);
  ASSERT_TRUE(Run([&] { return b->messages.size() == 13; }));
  EXPECT_TRUE(std::any_of(b->messages.begin(), b->messages.end(),
                          [](const auto& m) { return m.stream == StreamId(1023); }));
}

INSTANTIATE_TEST_SUITE_P(All, MessageConformance, ::testing::ValuesIn(AllPairings()),
                         [](const auto& pairing) { return Name(pairing.param); });

}  // namespace
}  // namespace funnel::sctp::test
