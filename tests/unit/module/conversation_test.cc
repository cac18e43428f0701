#include "common/module/conversation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>

#include "tests/unit/module/application.h"

namespace funnel::module {
namespace {

TEST(Conversation, SendsEachMessageByItsOwnOrder) {
  Application app;
  EXPECT_EQ(app.Send(Toy('k', 'a')), "free(7)");
  EXPECT_EQ(app.Send(Toy('k', 'b')), "free(7)");
  EXPECT_EQ(app.Send(Toy('k', 'a')), "follows 0(7)");
  EXPECT_EQ(app.Send(Toy('f', 'x')), "free(7)");
  EXPECT_FALSE(app.conversation().IsHolding());
}

TEST(Conversation, WaitsForTheRestOfAMessage) {
  Application app;
  const Bytes message = Toy('k', 'a', 10);
  EXPECT_EQ(app.Send(ByteView(message).first(2)), "");
  EXPECT_TRUE(app.conversation().IsHolding());
  EXPECT_EQ(app.Send(ByteView(message).subspan(2, 5)), "");
  EXPECT_EQ(app.Send(ByteView(message).subspan(7)), "free(14)");
  EXPECT_FALSE(app.conversation().IsHolding());
}

TEST(Conversation, SendsWhatHasWaitedTooLongAsAUnitByTheMessagesOrder) {
  Application app;
  (void)app.Send(Toy('k', 'a'));
  const Bytes message = Toy('k', 'a', 10);
  EXPECT_EQ(app.Send(ByteView(message).first(6)), "");
  app.conversation().Release();
  EXPECT_EQ(app.Drain(), "follows 0(6)+");
  EXPECT_FALSE(app.conversation().IsHolding());
  EXPECT_EQ(app.Send(ByteView(message).subspan(6) + Toy('k', 'a')), "ordered(8) follows 2(7)");
}

TEST(Conversation, SendsWhatTheModuleCannotTellYetAsABarrier) {
  Application app;
  (void)app.Send(Toy('k', 'a'));
  const Bytes message = Toy('k', 'b');
  EXPECT_EQ(app.Send(ByteView(message).first(3)), "");
  app.conversation().Release();
  EXPECT_EQ(app.Drain(), "after-all(3)+");
  EXPECT_EQ(app.Send(ByteView(message).subspan(3)), "ordered(4)");
  // It follows the barrier.
  EXPECT_EQ(app.Send(Toy('k', 'b')), "follows 2(7)");
}

TEST(Conversation, HoldsAgainForWhatComesBehindWhatItReleased) {
  Application app;
  const Bytes message = Toy('k', 'b', 20);
  (void)app.Send(ByteView(message).first(2));
  app.conversation().Release();
  EXPECT_EQ(app.Drain(), "after-all(2)+");
  EXPECT_EQ(app.Send(ByteView(message).subspan(2, 1)), "");
  EXPECT_TRUE(app.conversation().IsHolding());
  app.conversation().Release();
  EXPECT_EQ(app.Drain(), "ordered(1)+");
  EXPECT_EQ(app.Send(ByteView(message).subspan(3)), "ordered(21)");
}

TEST(Conversation, SendsALongMessageAsItComes) {
  Application app;
  const Bytes message = Toy('k', 'a', 60000);
  EXPECT_EQ(app.Send(ByteView(message).first(1000)), "free(1000)+");
  EXPECT_EQ(app.Send(ByteView(message).subspan(1000, 5)), "ordered(5)+");
  EXPECT_EQ(app.Send(ByteView(message).subspan(1005)), "ordered(58999)");
  EXPECT_EQ(app.Send(Toy('k', 'a')), "follows 2(7)");
}

TEST(Conversation, JoinsPartsToAUnit) {
  Application app;
  (void)app.Send(Toy('k', 'a'));
  EXPECT_EQ(app.Send(Toy('p', 'a')), "follows 0(7)+");
  // The order in the verdict on a later part of a unit does not matter.
  EXPECT_EQ(app.Send(Toy('p', 'z') + Toy('f', 'z')), "ordered(7)+ ordered(7)");
  EXPECT_EQ(app.Send(Toy('k', 'a')), "follows 3(7)");
  EXPECT_EQ(app.Send(Toy('k', 'z')), "free(7)");
}

// However reads cut the input, and whenever the time is over: the bytes are the same, and units are
// whole.
TEST(Conversation, LosesNothingHoweverItIsCut) {
  constexpr char kTypes[] = {'k', 'k', 'k', 'f', 'b', 'p'};
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    Bytes input;
    for (int i = 0; i < 30; ++i) {
      const std::size_t length = random() % 8 == 0 ? random() % 40000 : random() % 50;
      input = input + Toy(kTypes[random() % 6], static_cast<char>('a' + random() % 4), length);
    }
    if (seed % 3 == 0) input = input + Toy('?', 'a') + Toy('k', 'a');

    Application app;
    std::string sent;
    for (ByteView left = input; !left.empty();) {
      const std::size_t count = std::min<std::size_t>(left.size(), 1 + random() % 3000);
      sent += app.Send(left.first(count)) + ' ';
      // Delivered to the application at the same time, cut in another way.
      app.conversation().OnDelivered(Toy('k', 'a', random() % 20));
      left = left.subspan(count);
      if (random() % 3 == 0) {
        app.conversation().Release();
        sent += app.Drain() + ' ';
      }
    }
    app.conversation().EndInput();
    sent += app.Drain();
    ASSERT_EQ(app.output(), input) << "seed " << seed;
    ASSERT_EQ(app.conversation().unsent(), 0u);
    ASSERT_EQ(app.conversation().mismatch(), seed % 3 == 0) << "seed " << seed;
    // A unit continues with ORDERED pieces until its end.
    bool open = false;
    std::istringstream words(sent);
    for (std::string word; words >> word;) {
      if (word == "follows") words >> word, word = "follows" + word;
      ASSERT_EQ(open, word.starts_with("ordered")) << "seed " << seed;
      open = word.ends_with('+');
    }
    ASSERT_FALSE(open);
  }
}

TEST(Conversation, ReadsArrivalsHoweverTheyAreCut) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    Bytes input;
    for (int i = 0; i < 30; ++i) input = input + Toy('k', 'a', random() % 30);
    const bool good = seed % 2 == 0;
    if (!good) input = input + Toy('?', 'a');
    Application app;
    for (ByteView left = input; !left.empty();) {
      const std::size_t count = std::min<std::size_t>(left.size(), 1 + random() % 40);
      app.conversation().OnDelivered(left.first(count));
      left = left.subspan(count);
    }
    ASSERT_EQ(app.conversation().mismatch(), !good) << "seed " << seed;
  }
}

}  // namespace
}  // namespace funnel::module
