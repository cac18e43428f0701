// Messages with an order of their own, and units of several messages.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

TEST(Channel, MessagesThatOvertakeTheOpeningWait) {
  Ends ends;
  ends.Run();
  auto id = ends.a.channel->OpenSession({});
  ends.Flush(ends.a);
  (void)ends.a.channel->SendBytes(*id, AsBytes("data"));
  ends.a.channel->SendFin(*id);
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 2u);
  ends.Give(ends.b, ends.a.out.Take(1));
  EXPECT_EQ(ends.b.channel->undelivered_bytes(), 4u);
  ends.Give(ends.b, ends.a.out.Take(0));
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "data");
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
  EXPECT_EQ(ends.b.channel->undelivered_bytes(), 0u);
}

TEST(Channel, FreeMessagesPassALostOne) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  std::optional<std::uint64_t> bind;
  for (const char* text : {"bind", "search1", "search2"}) {
    auto number = ends.a.channel->SendMessage(*id, AsBytes(text), Order::kFree);
    if (!bind) bind = number;
    ends.Flush(ends.a);
  }
  (void)ends.a.channel->SendMessage(*id, AsBytes("after bind"), Order::kFollows, *bind);
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 4u);
  const Bytes lost = ends.a.out.Take(0);
  ends.Deliver(ends.a);
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "search1search2");
  ends.Give(ends.b, lost);
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "search1search2bindafter bind");
}

TEST(Channel, AStreamStaysOne) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes("bytes")), 5u);
  EXPECT_FALSE(ends.a.channel->SendMessage(*id, AsBytes("message"), Order::kFree));
  EXPECT_FALSE(ends.a.channel->SendPiece(*id, AsBytes("message"), Order::kFree));
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "bytes");
  EXPECT_EQ(ends.a.channel->queued_bytes(), 0u);
}

TEST(Channel, BytesBehindMessagesComeAfterAllOfThem) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();

  for (const char* text : {"one ", "two "}) {
    EXPECT_TRUE(ends.a.channel->SendMessage(*id, AsBytes(text), Order::kFree));
    ends.Flush(ends.a);
  }
  for (const char* text : {"bytes ", "and more"}) {
    EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes(text)), std::string_view(text).size());
    ends.Flush(ends.a);
  }

  ends.a.channel->SendFin(*id);
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 5u);
  std::reverse(ends.a.out.frames.begin(), ends.a.out.frames.end());
  ends.Run();

  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "two one bytes and more");
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
  EXPECT_EQ(ends.a.channel->stats().messages_free, 2u);
  EXPECT_EQ(ends.a.channel->stats().messages_after_all, 2u);  // the first bytes, and FIN
  EXPECT_EQ(ends.a.channel->stats().messages_ordered, 1u);
}

TEST(Channel, CountsMessagesThatOvertake) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const auto first = ends.a.channel->SendMessage(*id, AsBytes("1"), Order::kFree);
  ends.Flush(ends.a);
  (void)ends.a.channel->SendMessage(*id, AsBytes("2"), Order::kFree);
  (void)ends.a.channel->SendMessage(*id, AsBytes("3"), Order::kFollows, *first);
  ends.Flush(ends.a);
  std::reverse(ends.a.out.frames.begin(), ends.a.out.frames.end());
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "213");
  EXPECT_EQ(ends.b.channel->stats().messages_overtook, 1u);
  EXPECT_EQ(ends.a.channel->stats().messages_free, 2u);
  EXPECT_EQ(ends.a.channel->stats().messages_follows, 1u);
}

TEST(Channel, PiecesAreOneUnitHoweverTheyCome) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  EXPECT_TRUE(ends.a.channel->SendPiece(*id, AsBytes("a"), Order::kFree));
  ends.Flush(ends.a);
  EXPECT_TRUE(ends.a.channel->SendPiece(*id, AsBytes("b"), Order::kFree));
  ends.Flush(ends.a);
  const auto last = ends.a.channel->SendMessage(*id, AsBytes("c"), Order::kFree);
  ends.Flush(ends.a);
  EXPECT_EQ(last, 2u);
  (void)ends.a.channel->SendMessage(*id, AsBytes("d"), Order::kFollows, *last);
  (void)ends.a.channel->SendMessage(*id, AsBytes("e"), Order::kFree);
  ends.Flush(ends.a);
  std::reverse(ends.a.out.frames.begin(), ends.a.out.frames.end());
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "eabcd");
}

// If everything before it was delivered, a reader sees at once the part of a unit that has come.
TEST(Channel, AnOpenUnitIsDeliveredAsItComes) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  (void)ends.a.channel->SendPiece(*id, AsBytes("half"), Order::kAfterAll);
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "half");
}

TEST(Channel, FinEndsAnOpenUnit) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  (void)ends.a.channel->SendPiece(*id, AsBytes("half"), Order::kAfterAll);
  ends.a.channel->SendFin(*id);
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "half");
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
  EXPECT_EQ(ends.b.channel->stats().violations, 0u);
}

TEST(Channel, BytesEndAnOpenUnit) {
  for (const bool prepared : {false, true}) {
    Ends ends;
    auto id = ends.a.channel->OpenSession({});
    (void)ends.a.channel->SendPiece(*id, AsBytes("half "), Order::kAfterAll);
    if (prepared) {
      const MutableByteView place = ends.a.channel->PrepareBytes(*id);
      ASSERT_GE(place.size(), 5u);
      std::ranges::copy(AsBytes("bytes"), place.begin());
      ends.a.channel->CommitBytes(*id, 5);
    } else {
      EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes("bytes")), 5u);
    }
    ends.a.channel->SendFin(*id);
    ends.Run();
    EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "half bytes");
    EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
    EXPECT_EQ(ends.b.channel->stats().violations, 0u);
  }
}

TEST(Channel, ALargeMessageIsOneUnit) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const std::string large = Pattern(50'000);
  EXPECT_TRUE(ends.a.channel->SendMessage(*id, AsBytes(large), Order::kFree));
  EXPECT_TRUE(ends.a.channel->SendMessage(*id, AsBytes("small"), Order::kFree));
  ends.Flush(ends.a);
  ASSERT_GE(ends.a.out.frames.size(), 4u);
  std::reverse(ends.a.out.frames.begin(), ends.a.out.frames.end());
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == "small" + large)
      << ends.b.seen.sessions[*id].bytes.size();
  ends.a.channel->SendFin(*id);
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
}

// All its pieces are here, so it needs nothing that the lost message may hold back.
TEST(Channel, ALargeFreeMessagePassesALostOne) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendMessage(*id, AsBytes("lost"), Order::kFree);
  ends.Flush(ends.a);
  const Bytes lost = ends.a.out.Take(0);
  const std::string large = Pattern(50'000);
  EXPECT_TRUE(ends.a.channel->SendMessage(*id, AsBytes(large), Order::kFree));
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == large) << ends.b.seen.sessions[*id].bytes.size();
  ends.Give(ends.b, lost);
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == large + "lost");
}

// It exceeds the window: it cannot be here completely before the lost one is, and then comes in
// parts.
TEST(Channel, AMessageLargerThanTheWindowWaitsForALostOneAndNotForEver) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendMessage(*id, AsBytes("lost"), Order::kFree);
  ends.Flush(ends.a);
  const Bytes lost = ends.a.out.Take(0);
  const std::string large = Pattern(70 * 1024);
  EXPECT_TRUE(ends.a.channel->SendMessage(*id, AsBytes(large), Order::kFree));
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "");
  ends.Give(ends.b, lost);
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == "lost" + large);
}

TEST(Channel, MessagesLargerThanAllCreditStillGetThrough) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  const std::string large = Pattern(200'000);
  std::string expected;
  for (int i = 0; i < 5; ++i) {
    for (int tries = 0; tries < 100; ++tries) {
      if (ends.a.channel->SendMessage(*id, AsBytes(large), Order::kFree)) break;
      ends.Run();
    }
    expected += large;
  }
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == expected)
      << ends.b.seen.sessions[*id].bytes.size();
}

}  // namespace
}  // namespace funnel::wire::testing
