// SRV records: what a DNS message says, and in which order its targets are tried.
#include "common/net/srv.h"

#include <gtest/gtest.h>

#include <map>

namespace funnel::net {
namespace {

// One answer to one question, as a name server sends it.
class Message {
 public:
  Message& Add(std::uint16_t priority, std::uint16_t weight, std::uint16_t port,
               const std::vector<std::string>& labels, std::uint16_t type = 33) {
    Bytes target;
    for (const auto& label : labels) {
      target.push_back(static_cast<std::uint8_t>(label.size()));
      target.insert(target.end(), label.begin(), label.end());
    }
    target.push_back(0);
    for (unsigned value : {0xc00cu, unsigned{type}, 1u, 0u, 60u}) Put(body_, value);
    Put(body_, 6 + target.size());
    for (unsigned value : {unsigned{priority}, unsigned{weight}, unsigned{port}}) Put(body_, value);
    body_.insert(body_.end(), target.begin(), target.end());
    ++count_;
    return *this;
  }
  [[nodiscard]] Bytes bytes() const {
    Bytes out;
    for (unsigned value : {7u, 0x8180u, 1u, count_, 0u, 0u}) Put(out, value);
    for (char byte : std::string_view("\7example\0\0\41\0\1", 13))
      out.push_back(static_cast<std::uint8_t>(byte));
    out.insert(out.end(), body_.begin(), body_.end());
    return out;
  }

 private:
  static void Put(Bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
  }
  Bytes body_;
  unsigned count_ = 0;
};

std::vector<std::string> Targets(const std::vector<SrvRecord>& records) {
  std::vector<std::string> out;
  for (const auto& record : records) out.push_back(record.target);
  return out;
}

TEST(ParseSrvAnswer, ReadsAllRecordsAndSkipsOtherTypes) {
  Message message;
  message.Add(10, 5, 9899, {"one", "example"}).Add(0, 0, 1, {"alias"}, 5).Add(20, 0, 7000, {"two"});
  auto records = ParseSrvAnswer(message.bytes());
  ASSERT_TRUE(records);
  EXPECT_EQ(*records, (std::vector<SrvRecord>{{10, 5, 9899, "one.example"}, {20, 0, 7000, "two"}}));
}

TEST(ParseSrvAnswer, RootAsTargetSaysThatItIsNotOffered) {
  auto records = ParseSrvAnswer(Message().Add(0, 0, 0, {}).bytes());
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ((*records)[0].target, "");
}

TEST(ParseSrvAnswer, NamesThatCannotBeHostsAreLeftOut) {
  auto records = ParseSrvAnswer(Message().Add(0, 0, 1, {"a b"}).Add(0, 0, 1, {"\x1b[2J"}).bytes());
  ASSERT_TRUE(records);
  EXPECT_TRUE(records->empty());
}

TEST(ParseSrvAnswer, NoMoreThanItsLimit) {
  Message message;
  for (std::size_t i = 0; i < 2 * kMaxSrvRecords; ++i) message.Add(0, 0, 1, {"host"});
  auto records = ParseSrvAnswer(message.bytes());
  ASSERT_TRUE(records);
  EXPECT_EQ(records->size(), kMaxSrvRecords);
}

TEST(ParseSrvAnswer, EveryTruncationIsAnError) {
  Bytes whole = Message().Add(10, 5, 9899, {"one", "example"}).bytes();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(ParseSrvAnswer(ByteView(whole).first(size))) << size;
  whole.back() = 0xff;
  EXPECT_FALSE(ParseSrvAnswer(whole));
}

TEST(OrderSrv, LowerPrioritiesComeFirst) {
  std::vector<SrvRecord> records = {{20, 0, 1, "late"}, {10, 0, 1, "early"}, {30, 9, 1, "last"}};
  OrderSrv(records, [] { return 0.5; });
  EXPECT_EQ(Targets(records), (std::vector<std::string>{"early", "late", "last"}));
}

TEST(OrderSrv, WeightDecidesHowOftenOneIsFirst) {
  std::map<std::string, int> first;
  for (int i = 0; i < 1000; ++i) {
    std::vector<SrvRecord> records = {{1, 10, 1, "tenth"}, {1, 90, 1, "most"}, {2, 99, 1, "other"}};
    OrderSrv(records, [drawn = (i + 0.5) / 1000]() mutable { return drawn; });
    ++first[records[0].target];
    EXPECT_EQ(records[2].target, "other");
  }
  EXPECT_EQ(first["tenth"], 100);
  EXPECT_EQ(first["most"], 900);
}

TEST(OrderSrv, NoWeightsKeepsAll) {
  std::vector<SrvRecord> records = {{1, 0, 1, "a"}, {1, 0, 1, "b"}, {1, 0, 1, "c"}};
  OrderSrv(records, [] { return 0.999; });
  EXPECT_EQ(records.size(), 3u);
}

}  // namespace
}  // namespace funnel::net
