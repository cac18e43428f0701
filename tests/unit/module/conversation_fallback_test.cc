// What a conversation does where the module does not know the protocol, or not yet.
#include <gtest/gtest.h>

#include "common/module/conversation.h"
#include "tests/unit/module/application.h"

namespace funnel::module {
namespace {

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

}  // namespace
}  // namespace funnel::module
