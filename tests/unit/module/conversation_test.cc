#include "common/module/conversation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/module/toy_module.h"

namespace funnel::module {
namespace {

using wire::Order;

// The owner's part: sends all that it gets, and records what.
class Application {
 public:
  explicit Application(const struct funnel_module& module = kToyModule)
      : conversation_(module, &toy_object, FUNNEL_CLIENT) {}

  // "free(3)": a message of that many bytes; "follows 0(3)", "after-all(3)", "ordered(3)",
  // "stream(3)"; a "+" after it: the unit continues.
  std::string Send(ByteView bytes) {
    conversation_.Append(bytes);
    return Drain();
  }
  std::string Drain() {
    std::string sent;
    for (;;) {
      const Framer::Piece piece = conversation_.Next();
      if (piece.empty) return sent;
      if (!sent.empty()) sent += ' ';
      sent += Text(piece);
      output_.insert(output_.end(), piece.bytes.begin(), piece.bytes.end());
      if (piece.stream)
        conversation_.SentBytes(piece.bytes.size());
      else
        conversation_.SentMessage(number_++);
    }
  }

  [[nodiscard]] Conversation& conversation() { return conversation_; }
  [[nodiscard]] const Bytes& output() const { return output_; }

 private:
  static std::string Text(const Framer::Piece& piece) {
    const std::string size = '(' + std::to_string(piece.bytes.size()) + ')';
    const std::string more = piece.more ? "+" : "";
    if (piece.stream) return "stream" + size;
    switch (piece.order) {
      case Order::kFree:
        return "free" + size + more;
      case Order::kOrdered:
        return "ordered" + size + more;
      case Order::kFollows:
        return "follows " + std::to_string(piece.after) + size + more;
      case Order::kAfterAll:
        return "after-all" + size + more;
    }
    return "";
  }

  Conversation conversation_;
  std::uint64_t number_ = 0;
  Bytes output_;
};

Bytes operator+(const Bytes& left, const Bytes& right) {
  Bytes out(left);
  out.insert(out.end(), right.begin(), right.end());
  return out;
}
Bytes operator+(ByteView left, const Bytes& right) {
  return Bytes(left.begin(), left.end()) + right;
}

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

TEST(Conversation, BecomesAStreamWhenTheModuleSaysSo) {
  Application app;
  EXPECT_EQ(app.Send(Toy('k', 'a') + Toy('s', 0) + Toy('k', 'a')), "free(7) stream(14)");
  EXPECT_FALSE(app.conversation().mismatch());
  // The other direction is still read.
  app.conversation().OnDelivered(Toy('?', 0));
  EXPECT_TRUE(app.conversation().mismatch());
}

TEST(Conversation, FallsBackWhenItIsNotTheProtocol) {
  Application app;
  EXPECT_EQ(app.Send(Toy('k', 'a') + Toy('?', 'b') + Toy('k', 'c')), "free(7) stream(14)");
  EXPECT_TRUE(app.conversation().mismatch());
  EXPECT_EQ(app.Send(Toy('k', 'c')), "stream(7)");
}

TEST(Conversation, FallsBackWhenTheOtherDirectionIsNotTheProtocol) {
  Application app;
  app.conversation().OnDelivered(Toy('k', 'a') + Toy('f', 'a'));
  EXPECT_FALSE(app.conversation().mismatch());
  app.conversation().OnDelivered(Toy('?', 'a'));
  EXPECT_TRUE(app.conversation().mismatch());
  EXPECT_EQ(app.Send(Toy('k', 'a')), "stream(7)");
}

TEST(Conversation, ClosesAUnitBeforeItFallsBack) {
  Application app;
  EXPECT_EQ(app.Send(Toy('p', 'a')), "free(7)+");
  EXPECT_EQ(app.Send(Toy('?', 'a')), "ordered(0) stream(7)");

  Application half;
  const Bytes message = Toy('?', 'b');
  (void)half.Send(ByteView(message).first(3));
  half.conversation().Release();
  EXPECT_EQ(half.Drain(), "after-all(3)+");
  EXPECT_EQ(half.Send(ByteView(message).subspan(3)), "ordered(0) stream(4)");
  EXPECT_EQ(half.output(), message);
}

TEST(Conversation, GivesBackTheRestAtTheEndOfInput) {
  Application app;
  const Bytes message = Toy('k', 'a', 10);
  EXPECT_EQ(app.Send(ByteView(message).first(9)), "");
  app.conversation().EndInput();
  EXPECT_EQ(app.Drain(), "stream(9)");
  EXPECT_FALSE(app.conversation().mismatch());

  Application open;
  (void)open.Send(ByteView(message).first(9));
  open.conversation().Release();
  EXPECT_EQ(open.Drain(), "free(9)+");
  open.conversation().EndInput();
  EXPECT_EQ(open.Drain(), "ordered(0)");
}

TEST(Conversation, OffersAgainWhatWasNotSent) {
  Conversation conversation(kToyModule, &toy_object, FUNNEL_CLIENT);
  conversation.Append(Toy('k', 'a') + Toy('k', 'b') + Toy('p', 'c'));
  EXPECT_EQ(conversation.Next().bytes.size(), 14u);
  EXPECT_EQ(conversation.Next().bytes.size(), 14u);
  // What has not been sent yet may still become a stream.
  conversation.OnDelivered(Toy('?', 'a'));
  EXPECT_TRUE(conversation.Next().stream);
  EXPECT_EQ(conversation.Next().bytes.size(), 21u);
}

TEST(Conversation, TakesMoreThanAHeadWithoutAnAnswerForAMismatch) {
  struct funnel_module never = kToyModule;
  never.read = [](void*, funnel_end, const std::uint8_t*, std::size_t, funnel_verdict*) {};
  Application app(never);
  EXPECT_EQ(app.Send(Bytes(15)), "");
  EXPECT_FALSE(app.conversation().mismatch());
  EXPECT_EQ(app.Send(Bytes(1)), "stream(16)");
  EXPECT_TRUE(app.conversation().mismatch());

  Application other(never);
  other.conversation().OnDelivered(Bytes(15));
  EXPECT_FALSE(other.conversation().mismatch());
  other.conversation().OnDelivered(Bytes(1));
  EXPECT_TRUE(other.conversation().mismatch());
}

TEST(Conversation, TakesWhatNoModuleMaySayForABarrier) {
  Application app;
  (void)app.Send(Toy('k', 'a') + Toy('w', 0));
  EXPECT_EQ(app.Send(Toy('f', 'a')), "follows 1(7)");
}

TEST(Conversation, TakesAMessageOfNothingForAMismatch) {
  struct funnel_module empty = kToyModule;
  empty.read = [](void*, funnel_end, const std::uint8_t*, std::size_t, funnel_verdict* verdict) {
    verdict->kind = FUNNEL_MESSAGE;
  };
  Application app(empty);
  EXPECT_EQ(app.Send(Toy('k', 'a')), "stream(7)");
  EXPECT_TRUE(app.conversation().mismatch());
}

TEST(Conversation, IsAStreamWhereTheModuleHasNoMemory) {
  struct funnel_module full = kToyModule;
  full.open = [](void*, funnel_end) -> void* { return nullptr; };
  Application app(full);
  app.conversation().OnDelivered(Toy('k', 'a'));
  EXPECT_EQ(app.Send(Toy('k', 'a')), "stream(7)");
  EXPECT_FALSE(app.conversation().mismatch());
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
