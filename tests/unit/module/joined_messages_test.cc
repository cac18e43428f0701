#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "common/module/conversation.h"
#include "tests/unit/module/linear_extensions.h"
#include "tests/unit/module/toy_module.h"

namespace funnel::module {
namespace {

// Messages that were sent as one.
struct Sent {
  OrderLedger::Decision decision;
  Bytes bytes;
  std::vector<std::uint64_t> labels;
};

class JoiningSender {
 public:
  explicit JoiningSender(const struct funnel_module& module = kToyModule)
      : conversation_(module, &toy_object, FUNNEL_CLIENT) {}

  // How many bytes were sent together, each time.
  std::vector<std::size_t> Send(const std::vector<Bytes>& messages) {
    Bytes all;
    for (const Bytes& message : messages) all.insert(all.end(), message.begin(), message.end());
    return SendBytes(all);
  }
  std::vector<std::size_t> SendBytes(ByteView bytes) {
    conversation_.Append(bytes);
    std::vector<std::size_t> sizes;
    for (;;) {
      const Framer::Piece piece = conversation_.Next();
      if (piece.empty) return sizes;
      EXPECT_FALSE(piece.stream || piece.more);
      sizes.push_back(piece.bytes.size());
      Sent sent{{.order = piece.order, .after = piece.after}, {}, {}};
      sent.bytes.assign(piece.bytes.begin(), piece.bytes.end());
      for (const Framer::Label& label : piece.labels) sent.labels.push_back(label.number);
      conversation_.SentMessage(sent_.size());
      sent_.push_back(std::move(sent));
    }
  }
  [[nodiscard]] const std::vector<Sent>& sent() const { return sent_; }

 private:
  Conversation conversation_;
  std::vector<Sent> sent_;
};

using Sizes = std::vector<std::size_t>;

void ExpectFollows(const Sent& sent, std::uint64_t after) {
  EXPECT_EQ(sent.decision.order, wire::Order::kFollows);
  EXPECT_EQ(sent.decision.after, after);
}

TEST(JoinedMessages, AreThoseThatNeedTheSame) {
  JoiningSender sender;
  // A message that needs only others of the same piece is joined to them.
  EXPECT_EQ(sender.Send({Toy('k', 'a'), Toy('k', 'b'), Toy('k', 'a'), Toy('f', 'x')}), Sizes{28});
  EXPECT_EQ(sender.Send({Toy('k', 'a'), Toy('k', 'b')}), Sizes{14});
  ExpectFollows(sender.sent().back(), 0);
  EXPECT_EQ(sender.Send({Toy('k', 'c'), Toy('k', 'd'), Toy('k', 'b'), Toy('f', 'x')}),
            (Sizes{14, 7, 7}));
  ExpectFollows(sender.sent()[3], 1);
}

TEST(JoinedMessages, AreFollowedByWhatFollowsAnyOfThem) {
  JoiningSender sender;
  (void)sender.Send({Toy('f', 'x')});
  (void)sender.Send({Toy('k', 'a'), Toy('k', 'b'), Toy('k', 'c')});
  for (const char key : {'c', 'a', 'b'}) {
    (void)sender.Send({Toy('k', key)});
    ExpectFollows(sender.sent().back(), 1);
  }
}

TEST(JoinedMessages, AreBarriersOrHaveNoneAmongThem) {
  JoiningSender sender;
  EXPECT_EQ(sender.Send({Toy('f', 'x'), Toy('b', 0), Toy('b', 0), Toy('l', 0), Toy('k', 'a')}),
            (Sizes{7, 14, 7, 7}));
  ExpectFollows(sender.sent().back(), 1);
}

TEST(JoinedMessages, FitInAPacket) {
  JoiningSender sender;
  const std::size_t most = Framer::kJoinedMax - kToyHeader - 7;
  EXPECT_EQ(sender.Send({Toy('f', 'x'), Toy('f', 'x', most)}), Sizes{Framer::kJoinedMax});
  EXPECT_EQ(sender.Send({Toy('f', 'x'), Toy('f', 'x', most + 1)}),
            (Sizes{7, Framer::kJoinedMax - 6}));
  EXPECT_EQ(sender.Send({Toy('f', 'x', 5000), Toy('f', 'x')}), (Sizes{5004, 7}));
}

TEST(JoinedMessages, WaitForNothing) {
  JoiningSender sender;
  Bytes bytes = Toy('k', 'a');
  const Bytes half = Toy('k', 'b');
  bytes.insert(bytes.end(), half.begin(), half.begin() + 5);
  EXPECT_EQ(sender.SendBytes(bytes), Sizes{7});
  EXPECT_EQ(sender.SendBytes(ByteView(half).subspan(5)), Sizes{7});
}

int asked;

TEST(JoinedMessages, AreEachShownToTheModuleOnce) {
  struct funnel_module counting = kToyModule;
  counting.read = [](void* object, funnel_end end, const std::uint8_t* bytes, std::size_t size,
                     funnel_verdict* verdict) {
    ++asked;
    ReadToy(object, end, bytes, size, verdict);
  };
  asked = 0;
  JoiningSender sender(counting);
  EXPECT_EQ(sender.Send({Toy('k', 'a'), Toy('b', 0), Toy('k', 'a'), Toy('k', 'b')}),
            (Sizes{7, 7, 14}));
  EXPECT_EQ(asked, 4);
}

TEST(JoinedMessages, AreEachNamedInATrace) {
  JoiningSender sender;
  (void)sender.Send({Toy('k', 'a'), Toy('k', 'b')});
  EXPECT_EQ(sender.sent()[0].labels, (std::vector<std::uint64_t>{'a', 'b'}));
}

struct ToyMessage {
  char type, key;
};

// Of two messages, whether the later one must stay after the earlier one.
bool MustStay(const ToyMessage& earlier, const ToyMessage& later) {
  if (earlier.type == 'b' || later.type == 'b' || later.type == 'l') return true;
  const auto uses = [](const ToyMessage& one) { return one.type == 'k' || one.type == 'r'; };
  if (!uses(earlier) || !uses(later) || earlier.key != later.key) return false;
  return earlier.type == 'k' || later.type == 'k';
}

// The messages by their index, in an order in which they may be delivered.
std::vector<std::size_t> Delivered(const std::vector<Sent>& sent,
                                   const std::vector<std::size_t>& order) {
  std::vector<std::size_t> begins{0};
  std::vector<std::size_t> counts;
  for (const Sent& one : sent) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < one.bytes.size(); ++count)
      at += kToyHeader + LoadBigEndian<2>(one.bytes.data() + at);
    counts.push_back(count);
    begins.push_back(begins.back() + count);
  }
  std::vector<std::size_t> delivered;
  for (const std::size_t index : order)
    for (std::size_t i = 0; i < counts[index]; ++i) delivered.push_back(begins[index] + i);
  return delivered;
}

TEST(JoinedMessages, AreNeverDeliveredInAWrongOrder) {
  constexpr char kTypes[] = {'k', 'k', 'k', 'k', 'r', 'r', 'r', 'f', 'f', 'b', 'l'};
  std::size_t joined = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::vector<ToyMessage> all;
    JoiningSender sender;
    while (all.size() < 40) {
      std::vector<Bytes> together;
      for (std::size_t i = 1 + random() % 8; i > 0; --i) {
        // In some conversations barriers and the like are rare, because they hide mistakes.
        const ToyMessage message{kTypes[random() % (seed % 4 == 0 ? 11 : 9)],
                                 static_cast<char>('a' + random() % 5)};
        all.push_back(message);
        together.push_back(Toy(message.type, message.key, random() % 300));
      }
      (void)sender.Send(together);
    }

    std::vector<Placed> placed;
    for (std::uint64_t i = 0; i < sender.sent().size(); ++i)
      placed.push_back({sender.sent()[i].decision, i, i});
    joined += all.size() - placed.size();
    LinearExtensions extensions(placed, seed);
    for (int sample = 0; sample < 20; ++sample) {
      const auto order = Delivered(sender.sent(), extensions.Sample());
      ASSERT_EQ(order.size(), all.size());
      for (std::size_t at = 0; at < order.size(); ++at)
        for (std::size_t behind = at + 1; behind < order.size(); ++behind)
          ASSERT_FALSE(order[behind] < order[at] && MustStay(all[order[behind]], all[order[at]]))
              << "seed " << seed;
    }
  }
  EXPECT_GT(joined, 1000u);
}

}  // namespace
}  // namespace funnel::module
