#include "funnel-tcpd/throttle.h"

#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRate = 1024 * 1024;
constexpr std::size_t kDebt = kRate / 10;  // 100 ms

class ThrottleTest : public LoopTest {
 protected:
  // Reads PIECE bytes in each of its turns, and then wants more.
  class Greedy final : public Throttle::Reader {
   public:
    Greedy(ThrottleTest& test, char name, const char* client)
        : Reader(client), test_(test), name_(name) {}
    void OnMayRead() override { test_.woken_.push_back(this); }
    // Whether it may read at once.
    bool Try() { return test_.throttle_.MayRead(*this, Now()); }
    void Read(std::size_t bytes) {
      if (!test_.order_.ends_with(name_)) test_.order_ += name_;
      test_.throttle_.OnRead(*this, bytes, Now());
    }

   private:
    ThrottleTest& test_;
    char name_;
  };

  // Runs the loop until so many others had their turn.
  [[nodiscard]] bool Turns(std::size_t so_many, std::size_t piece) {
    order_.clear();
    return Until([&] {
      for (Greedy* reader : std::exchange(woken_, {})) {
        while (reader->Try()) reader->Read(piece);
      }
      return order_.size() >= so_many;
    });
  }

  service::RateLimits::Rates rates_{.bytes = kRate, .table = 16};
  service::RateLimits limits_;
  std::string order_;
  std::vector<Greedy*> woken_;
  Throttle throttle_{*loop_, limits_, [this] { return rates_; }};
  Greedy a_{*this, 'a', "192.0.2.1"}, b_{*this, 'b', "192.0.2.1"}, c_{*this, 'c', "192.0.2.1"};
  Greedy other_{*this, 'x', "192.0.2.2"};
};

TEST_F(ThrottleTest, WithoutARateNobodyIsLookedAt) {
  rates_.bytes = 0;
  a_.Read(100 * kRate);
  EXPECT_TRUE(a_.Try());
  EXPECT_EQ(limits_.size(), 0u);
}

TEST_F(ThrottleTest, ADebtorWaitsAndNobodyElse) {
  const TimePoint begun = Now();
  a_.Read(kRate + kDebt);
  EXPECT_FALSE(a_.Try());
  EXPECT_FALSE(b_.Try()) << "another connection of the same client";
  EXPECT_TRUE(other_.Try());
  EXPECT_TRUE(Until([&] { return !woken_.empty(); }));
  EXPECT_GE(Now() - begun, 100ms);
  EXPECT_EQ(woken_.front(), &a_);
}

TEST_F(ThrottleTest, ConnectionsOfAClientTakeTurns) {
  a_.Read(kRate + kDebt);
  EXPECT_FALSE(a_.Try() || b_.Try() || c_.Try());
  EXPECT_TRUE(Turns(9, 32 * 1024));
  EXPECT_EQ(order_, "abcabcabc");
}

TEST_F(ThrottleTest, OneThatGoesOrReadsNothingHoldsUpNobody) {
  auto gone = std::make_unique<Greedy>(*this, 'g', "192.0.2.1");
  a_.Read(kRate + kDebt);
  EXPECT_FALSE(gone->Try() || a_.Try() || b_.Try());
  gone.reset();
  EXPECT_TRUE(Until([&] { return woken_.size() == 2; }));
  EXPECT_EQ(woken_[0], &a_);
  EXPECT_EQ(woken_[1], &b_);
}

TEST_F(ThrottleTest, AReloadThatEndsTheRateWakesThem) {
  a_.Read(100 * kRate);
  EXPECT_FALSE(a_.Try());
  rates_.bytes = 0;
  throttle_.OnReload();
  EXPECT_TRUE(Until([&] { return !woken_.empty(); }));
  EXPECT_TRUE(a_.Try());
}

// The client sends half as much again as it may at once.
TEST_F(TunnelTest, AClientIsReadNoFasterThanItsRate) {
  service_.client_byte_rate_bytes = kRate;
  Start();
  ConnectBoth();
  const std::string all(kRate + kRate / 2, 'x');
  std::size_t sent = 0;
  const TimePoint begun = Now();
  const auto carry = [&] {
    const ssize_t size =
        send(client_.get(), all.data() + sent, all.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    sent += static_cast<std::size_t>(std::max<ssize_t>(size, 0));
    at_backend_.Poll(backend_end_.get());
    return at_backend_.text.size();
  };
  EXPECT_TRUE(Until([&] {
    carry();
    return AtClient(kClientBytesOverRate) > 0;
  }));

  // Another client meanwhile.
  UniqueFd other = ConnectTo(client_address_, "127.0.0.2");
  UniqueFd other_backend = AcceptAtBackend();
  Reader at_other;
  SendText(other, "quick");
  EXPECT_TRUE(ReadsText(other_backend, at_other, "quick"));
  EXPECT_LT(carry(), all.size());

  EXPECT_TRUE(Until([&] { return carry() == all.size(); }));
  EXPECT_GE(Now() - begun, 450ms);
  EXPECT_GT(AtClient(kClientBytesOverRate), 0u);
  EXPECT_GT(AtClient(kClientLimitedAt), 0u);
}

}  // namespace
}  // namespace funnel::tcpd
