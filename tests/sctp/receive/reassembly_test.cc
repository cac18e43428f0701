// Messages are put together from chunks, in whatever order these come.
#include "sctp/receive/reassembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sctp {
namespace {

using Outcome = Reassembly::Outcome;

class Messages : public MessageSink {
 public:
  void OnMessage(StreamId stream, std::uint32_t, MutableByteView message) override {
    got.push_back(std::to_string(stream.value()) + ":" + std::string(funnel::AsText(message)));
  }
  std::vector<std::string> got;
};

struct Chunk {
  std::uint32_t tsn = 0;
  std::uint16_t stream = 0;
  std::uint32_t mid = 0, fsn = 0;
  std::string flags, text;  // of "BEU"
};

class ReassemblyTest : public ::testing::Test {
 protected:
  explicit ReassemblyTest(DataFormat format = DataFormat::kIData)
      : reassembly({format, 16, 100}, buffers, messages) {
    format_ = format;
  }
  Outcome Add(const Chunk& chunk) {
    Bytes payload(chunk.text.begin(), chunk.text.end());
    DataView view;
    view.format = format_;
    view.tsn = Tsn(chunk.tsn);
    view.stream = StreamId(chunk.stream);
    view.mid = Mid(chunk.mid);
    view.fsn = chunk.fsn;
    view.begin = chunk.flags.contains('B');
    view.end = chunk.flags.contains('E');
    view.unordered = chunk.flags.contains('U');
    view.payload = payload;
    return reassembly.Add(view);
  }
  using Texts = std::vector<std::string>;

  BufferPool buffers;
  Messages messages;
  Reassembly reassembly;
  DataFormat format_;
};

class DataReassemblyTest : public ReassemblyTest {
 protected:
  DataReassemblyTest() : ReassemblyTest(DataFormat::kData) {}
};

TEST_F(ReassemblyTest, DeliversInOrderAtOnce) {
  (void)Add({1, 3, 0, 0, "BE", "a"});
  (void)Add({2, 3, 1, 0, "BE", "b"});
  EXPECT_EQ(messages.got, (Texts{"3:a", "3:b"}));
  EXPECT_EQ(reassembly.held_bytes(), 0u);
}

TEST_F(ReassemblyTest, HoldsWhatIsEarlyInItsStreamOnly) {
  (void)Add({2, 3, 1, 0, "BE", "b"});
  (void)Add({3, 3, 2, 0, "BE", "c"});
  (void)Add({4, 4, 0, 0, "BE", "other"});
  (void)Add({5, 3, 7, 0, "BEU", "unordered"});
  EXPECT_EQ(messages.got, (Texts{"4:other", "3:unordered"}));
  EXPECT_GT(reassembly.held_bytes(), 2u);
  (void)Add({1, 3, 0, 0, "BE", "a"});
  EXPECT_EQ(messages.got, (Texts{"4:other", "3:unordered", "3:a", "3:b", "3:c"}));
  EXPECT_EQ(reassembly.held_bytes(), 0u);
}

TEST_F(ReassemblyTest, AnyOrderOfFragmentsMakesTheMessage) {
  std::vector<int> order{0, 1, 2, 3};
  std::uint32_t mid = 0;
  do {
    messages.got.clear();
    for (int i : order)
      EXPECT_EQ(Add({0, 1, mid, static_cast<std::uint32_t>(i),
                     i == 0   ? "B"
                     : i == 3 ? "E"
                              : "",
                     std::string(2, static_cast<char>('a' + i))}),
                Outcome::kTaken);
    EXPECT_EQ(messages.got, (Texts{"1:aabbccdd"}));
    EXPECT_EQ(reassembly.held_bytes(), 0u);
    ++mid;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(mid, 24u);
}

TEST_F(ReassemblyTest, InterleavedMessagesDoNotMix) {
  (void)Add({1, 1, 0, 0, "B", "a"});
  (void)Add({2, 2, 0, 0, "B", "x"});
  (void)Add({3, 1, 0, 0, "BU", "u"});
  (void)Add({4, 2, 0, 1, "E", "y"});
  (void)Add({5, 1, 0, 1, "EU", "v"});
  (void)Add({6, 1, 0, 1, "E", "b"});
  EXPECT_EQ(messages.got, (Texts{"2:xy", "1:uv", "1:ab"}));
}

TEST_F(ReassemblyTest, DropsTheImpossible) {
  (void)Add({1, 1, 0, 0, "BE", "a"});
  EXPECT_EQ(Add({2, 1, 0, 0, "BE", "again"}), Outcome::kImpossible);
  (void)Add({3, 1, 1, 0, "B", "b"});
  EXPECT_EQ(Add({4, 1, 1, 0, "B", "second begin"}), Outcome::kImpossible);
  (void)Add({5, 1, 1, 3, "E", "e"});
  EXPECT_EQ(Add({6, 1, 1, 4, "E", "second end"}), Outcome::kImpossible);
  EXPECT_EQ(Add({7, 1, 1, 9, "", "beyond"}), Outcome::kImpossible);
  EXPECT_EQ(Add({8, 1, 1, 3, "", "taken"}), Outcome::kImpossible);
  (void)Add({9, 1, 1, 1, "", "c"});
  EXPECT_EQ(Add({10, 1, 1, 1, "", "taken"}), Outcome::kImpossible);
  (void)Add({11, 1, 1, 2, "", "d"});
  EXPECT_EQ(messages.got, (Texts{"1:a", "1:bcde"}));
  EXPECT_EQ(reassembly.held_bytes(), 0u);
}

TEST_F(ReassemblyTest, RefusesMessagesThatAreTooLarge) {
  (void)Add({1, 1, 0, 0, "B", std::string(60, 'a')});
  EXPECT_EQ(Add({2, 1, 0, 1, "", std::string(60, 'b')}), Outcome::kTooLarge);
  EXPECT_EQ(Add({3, 2, 0, 0, "BE", std::string(101, 'a')}), Outcome::kTooLarge);
}

TEST_F(ReassemblyTest, SkippingDropsPartsAndFreesWhatWaited) {
  (void)Add({2, 1, 0, 1, "E", "half"});
  (void)Add({3, 1, 1, 0, "BE", "whole"});
  (void)Add({5, 1, 3, 0, "BE", "later"});
  (void)Add({6, 1, 2, 5, "U", "of another kind"});
  reassembly.Skip({StreamId(1), false, Mid(2)});
  EXPECT_EQ(messages.got, (Texts{"1:whole", "1:later"}));
  EXPECT_GT(reassembly.held_bytes(), 0u);
  reassembly.Skip({StreamId(1), true, Mid(2)});
  EXPECT_EQ(reassembly.held_bytes(), 0u);
  reassembly.Skip({StreamId(1), false, Mid(0)});  // it is behind: no effect
  reassembly.Skip({StreamId(99), false, Mid(0)});
  (void)Add({7, 1, 4, 0, "BE", "next"});
  EXPECT_EQ(messages.got.back(), "1:next");
}

TEST_F(DataReassemblyTest, OrderedFragmentsByTheirTsns) {
  (void)Add({0, 1, 0, 0, "", "b"});
  (void)Add({1, 1, 0, 0, "E", "c"});
  (void)Add({2, 1, 1, 0, "BE", "next"});
  (void)Add({0xffffffff, 1, 0, 0, "B", "a"});
  EXPECT_EQ(messages.got, (Texts{"1:abc", "1:next"}));
}

TEST_F(DataReassemblyTest, SequenceNumbersWrap) {
  for (std::uint32_t i = 0; i < 70000; ++i) (void)Add({i, 1, i & 0xffff, 0, "BE", "x"});
  EXPECT_EQ(messages.got.size(), 70000u);
  (void)Add({70001, 1, (70001 & 0xffff), 0, "BE", "second"});
  (void)Add({70000, 1, (70000 & 0xffff), 0, "BE", "first"});
  EXPECT_EQ(messages.got.back(), "1:second");
}

TEST_F(DataReassemblyTest, UnorderedFragmentsAreRunsOfTsns) {
  (void)Add({11, 1, 0, 0, "EU", "b"});
  (void)Add({20, 1, 0, 0, "BU", "x"});
  (void)Add({21, 2, 0, 0, "EU", "of another stream"});
  (void)Add({12, 1, 0, 0, "BU", "c"});
  (void)Add({13, 1, 0, 0, "U", "d"});
  EXPECT_TRUE(messages.got.empty());
  (void)Add({10, 1, 0, 0, "BU", "a"});
  (void)Add({14, 1, 0, 0, "EU", "e"});
  EXPECT_EQ(messages.got, (Texts{"1:ab", "1:cde"}));
  EXPECT_GT(reassembly.held_bytes(), 0u);
  reassembly.SkipLoose(Tsn(21));
  EXPECT_EQ(reassembly.held_bytes(), 0u);
}

}  // namespace
}  // namespace sctp
