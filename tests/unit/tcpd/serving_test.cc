// What becomes of new sessions at the connecting side, and what the listening side makes of it.
#include "funnel-tcpd/serving_report.h"
#include "tests/unit/tcpd/edge_fixture.h"

namespace funnel::tcpd {
namespace {

using wire::Serving;

class ServingTest : public EdgeTest {
 protected:
  // The backend of `connecting_` has no listener any more, which its checks find.
  void CheckBackend(config::OnBackendDown what) {
    service_.protocol = config::Protocol::kTcp;
    service_.check = *config::HealthCheck::Parse("connect");
    service_.check_fall = service_.check_rise = 1;
    service_.check_every = service_.check_timeout = std::chrono::milliseconds(100);
    service_.on_backend_down = what;
    connecting_->OnReload(service_);
  }
  [[nodiscard]] bool UntilSaid(Serving serving) {
    return Until([&] { return channels_[0]->wire().serving() == serving; });
  }
  void SetAcceptWhenUp() {
    config::ServiceConfig listening = service_;
    listening.role = config::Role::kListen;
    listening.accept_when = config::AcceptWhen::kUp;
    listening_->OnReload(listening);
  }
};

TEST_F(ServingTest, TheListeningSideIsToldThatAllBackendsFailAndMayClose) {
  BringUp();
  SetAcceptWhenUp();
  EXPECT_TRUE(Until([&] { return Counted(kNotAccepting) == 0; }));
  backend_listener_.reset();
  CheckBackend(config::OnBackendDown::kRefuse);
  EXPECT_TRUE(UntilSaid(Serving::kNoBackend));
  EXPECT_TRUE(Until([&] { return Counted(kNotAccepting) == 1; }));
  EXPECT_EQ(Counted(kBackendsAllDown), 1u);
  EXPECT_EQ(Counted(kChannelsNoBackend), 1u);

  // A reload changes what they are told.
  CheckBackend(config::OnBackendDown::kWait);
  EXPECT_TRUE(UntilSaid(Serving::kWaitsForBackend));
  EXPECT_TRUE(Until([&] { return Counted(kNotAccepting) == 0; }));
  EXPECT_EQ(Counted(kChannelsNoBackend), 1u);
  service_.check = {};
  connecting_->OnReload(service_);
  EXPECT_TRUE(UntilSaid(Serving::kYes));
  EXPECT_TRUE(Until([&] { return Counted(kChannelsNoBackend) == 0; }));
  EXPECT_EQ(Counted(kBackendsAllDown), 0u);
}

TEST_F(ServingTest, AChannelThatComesLaterIsToldAtItsStart) {
  backend_listener_.reset();
  CheckBackend(config::OnBackendDown::kRefuse);
  EXPECT_TRUE(Until([&] { return Counted(kBackendsAllDown) == 1; }));
  BringUp();
  EXPECT_TRUE(UntilSaid(Serving::kNoBackend));
  LoseChannel();
  EXPECT_TRUE(Until([&] { return Counted(kChannelsNoBackend) == 0; }));
}

TEST_F(ServingTest, TheListeningSideIsToldOfADrain) {
  BringUp();
  SetAcceptWhenUp();
  connecting_->SetDraining(true);
  EXPECT_TRUE(UntilSaid(Serving::kDrained));
  EXPECT_TRUE(Until([&] { return Counted(kNotAccepting) == 1; }));
  EXPECT_EQ(Counted(kChannelsDrainedThere), 1u);
  connecting_->SetDraining(false);
  EXPECT_TRUE(UntilSaid(Serving::kYes));
  EXPECT_TRUE(Until([&] { return Counted(kNotAccepting) == 0; }));
}

TEST(ServingTextTest, HasAReasonForEachState) {
  EXPECT_EQ(ServingText(Serving::kYes), "");
  EXPECT_EQ(ServingText(Serving::kNoBackend), "no backend at the far end works");
  EXPECT_EQ(ServingText(Serving::kDrained), "the far end is drained");
  EXPECT_EQ(ServingText(static_cast<Serving>(99)), "the far end takes no new connections");
}

}  // namespace
}  // namespace funnel::tcpd
