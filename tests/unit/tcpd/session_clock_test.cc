#include "funnel-tcpd/session_clock.h"

#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Why = SessionClock::Why;

// It has a clock of its own, and its socket is none.
class SessionClockTest : public ::testing::Test {
 protected:
  SessionClockTest() {
    service_.idle_timeout = service_.fin_timeout = service_.user_timeout = milliseconds(0);
  }
  void TearDown() override { seen_ = {}; }
  void After(Duration time) { clock_.Run(now_ += time); }
  // Runs it whenever it wants, for TIME.
  void Pass(Duration time) {
    const TimePoint end = now_ + time;
    while (clock_.next() <= end) clock_.Run(now_ = clock_.next());
    now_ = end;
  }

  config::ServiceConfig service_;
  std::vector<Why> ends_;
  static inline SessionClock::Acknowledgements seen_;
  SessionClock clock_{service_, [this](SessionId, Why why) { ends_.push_back(why); },
                      [](int) { return seen_; }};
  SessionClock::Times times_{SessionId(7), /*socket=*/-1};
  TimePoint now_ = TimePoint{} + seconds(1000);
};

TEST_F(SessionClockTest, WithoutTimesNothingEnds) {
  clock_.Begin(times_, now_);
  clock_.OnWritten(times_, now_);
  clock_.OnHalfClosed(times_, now_);
  EXPECT_EQ(clock_.next(), TimePoint::max());
  After(std::chrono::hours(1000));
  EXPECT_TRUE(ends_.empty());
}

TEST_F(SessionClockTest, BytesOfEitherDirectionPutOffTheEnd) {
  service_.idle_timeout = seconds(10);
  clock_.Begin(times_, now_);
  After(seconds(9));
  clock_.OnRead(times_, now_);
  After(seconds(9));
  clock_.OnWritten(times_, now_);
  After(seconds(9));
  EXPECT_TRUE(ends_.empty());
  After(seconds(1));
  EXPECT_EQ(ends_, std::vector{Why::kIdle});
}

TEST_F(SessionClockTest, OnlyAHalfClosedSessionHasAFinTimeout) {
  service_.fin_timeout = seconds(10);
  clock_.Begin(times_, now_);
  After(seconds(1000));
  clock_.OnHalfClosed(times_, now_);
  After(seconds(9));
  clock_.OnRead(times_, now_);
  After(seconds(9));
  EXPECT_TRUE(ends_.empty());
  After(seconds(1));
  EXPECT_EQ(ends_, std::vector{Why::kHalfClosed});
}

TEST_F(SessionClockTest, TheShorterTimeIsTheReason) {
  service_.idle_timeout = seconds(20);
  service_.fin_timeout = seconds(30);
  clock_.Begin(times_, now_);
  clock_.OnHalfClosed(times_, now_);
  After(seconds(20));
  EXPECT_EQ(ends_, std::vector{Why::kIdle});
}

TEST_F(SessionClockTest, AChangedTimeHoldsForSilentSessionsToo) {
  clock_.Begin(times_, now_);
  After(seconds(100));
  service_.idle_timeout = seconds(60);
  clock_.Renew(times_, now_);
  After(seconds(0));
  EXPECT_EQ(ends_, std::vector{Why::kIdle});
}

TEST_F(SessionClockTest, APeerThatAcknowledgesNothingEndsAfterTheWholeTime) {
  service_.user_timeout = seconds(40);
  clock_.Begin(times_, now_);
  clock_.OnWritten(times_, now_);
  seen_ = {.in_vain = true, .waiting = true};
  Pass(seconds(40));
  EXPECT_TRUE(ends_.empty());
  Pass(seconds(10));
  EXPECT_EQ(ends_, std::vector{Why::kUnacknowledged});
}

// The link was away for less than the time, however long ago the last acknowledgement came.
TEST_F(SessionClockTest, OneAcknowledgementBeginsTheTimeAgain) {
  service_.user_timeout = seconds(40);
  clock_.Begin(times_, now_);
  clock_.OnWritten(times_, now_);
  for (int i = 0; i < 10; ++i) {
    seen_ = {.in_vain = true, .waiting = true};
    Pass(seconds(30));
    seen_.in_vain = false;
    Pass(seconds(10));
  }
  EXPECT_TRUE(ends_.empty());
}

TEST_F(SessionClockTest, AfterItsAnswerASocketIsNotAskedUntilItIsWrittenTo) {
  service_.user_timeout = seconds(40);
  clock_.Begin(times_, now_);
  EXPECT_EQ(clock_.next(), TimePoint::max());
  clock_.OnWritten(times_, now_);
  EXPECT_EQ(clock_.next(), now_ + seconds(10));
  Pass(seconds(10));
  EXPECT_EQ(clock_.next(), TimePoint::max());
}

class SessionTimesTest : public TunnelTest {
 protected:
  SessionTimesTest() {
    service_.idle_timeout = service_.fin_timeout = service_.user_timeout = milliseconds(0);
  }
  [[nodiscard]] bool BothSeeAReset() {
    return ReadsUntil(client_, at_client_, ReadState::kReset) &&
           ReadsUntil(backend_end_, at_backend_, ReadState::kReset);
  }
  [[nodiscard]] std::uint64_t Counted(CounterIndex index) {
    return AtClient(index) + AtServer(index);
  }
};

TEST_F(SessionTimesTest, ASilentSessionIsResetAtBothEnds) {
  service_.idle_timeout = milliseconds(50);
  Start();
  ConnectBoth();
  EXPECT_TRUE(BothSeeAReset());
  EXPECT_GE(Counted(kSessionsIdle), 1u);
  EXPECT_EQ(Counted(kSessionsHalfClosed), 0u);
  EXPECT_TRUE(Until([&] { return client_pump_->size() + server_pump_->size() == 0; }));
}

TEST_F(SessionTimesTest, ASilentSessionThatTheClientHasHalfClosedIsResetAtBothEnds) {
  service_.fin_timeout = milliseconds(50);
  Start();
  ConnectBoth();
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_TRUE(Until([&] { return client_pump_->size() + server_pump_->size() == 0; }));
  EXPECT_GE(Counted(kSessionsHalfClosed), 1u);
  EXPECT_EQ(send(backend_end_.get(), "x", 1, MSG_NOSIGNAL), -1) << "it was no clean end";
}

TEST_F(SessionTimesTest, ASilentSessionThatTheBackendHasHalfClosedIsResetAtBothEnds) {
  service_.fin_timeout = milliseconds(50);
  Start();
  ConnectBoth();
  shutdown(backend_end_.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kReset));
  EXPECT_TRUE(Until([&] { return client_pump_->size() + server_pump_->size() == 0; }));
  EXPECT_GE(Counted(kSessionsHalfClosed), 1u);
  EXPECT_EQ(send(client_.get(), "x", 1, MSG_NOSIGNAL), -1) << "it was no clean end";
}

TEST_F(SessionTimesTest, TheOtherEndHearsWhichTimeItWas) {
  service_.fin_timeout = milliseconds(50);
  Start();
  server_shared_->service.fin_timeout = milliseconds(0);
  ConnectBoth();
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(Until([&] { return client_pump_->size() + server_pump_->size() == 0; }));
  ASSERT_EQ(server_channel_.resets_received.size(), 1u);
  EXPECT_EQ(server_channel_.resets_received.begin()->second, wire::EndCode::kHalfClosed);
}

}  // namespace
}  // namespace funnel::tcpd
