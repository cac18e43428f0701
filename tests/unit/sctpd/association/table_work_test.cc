// The cost of a turn with many idle associations and channels equals that with a single one. The
// tests count what the tables look at and how often they ask for the time, not the time that
// passes.
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

constexpr std::size_t kMany = 1000;

// A node to which others connect; each association has one channel, whose OPEN waits for authd.
class Hub {
  FakeNetwork network_;
  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();

 public:
  Hub(std::size_t others, TimePoint& now) : now_(now), others_(others) {
    SetLogLevel(LogLevel::kError);
    config::Configuration config;
    config.node.sctp.unverified_associations = config.node.sctp.unverified_per_address = 16;
    config.node.sctp.half_open_total = kMany + 2;
    for (std::size_t i = 0; i <= others; ++i) config.peers.push_back(MakePeer(NameOf(i), ""));
    node = std::make_unique<TestNode>(network_, *loop_, "hub", "192.0.2.1", config, now);
    node->shared.now = [this] {
      ++asked_;
      return now_;
    };
    node->associations->Start();
    for (std::size_t i = 0; i <= others; ++i) {
      ComeIn(i);
      Verify(i);
      Open(i);
    }
    Turn();
  }

  static std::string NameOf(std::size_t i) { return "p" + std::to_string(i); }
  void ComeIn(std::size_t i) {
    node->associations->OnUp(AssociationId(i),
                             {.incoming = true,
                              .peer = *sctp::TransportAddress::Parse("198.51.100.1", 9899),
                              .carrier = sctp::Carrier::kUdp,
                              .streams = 128});
  }
  void Verify(std::size_t i, std::uint64_t instance = 1) {
    node->associations->OnVerified({AssociationId(i), NameOf(i), NameOf(i) + ".example", instance});
  }
  void Frame(std::size_t i, wire::FrameType type, ByteView body) {
    Bytes frame = wire::MakeFrame({.type = type, .channel = ChannelId(7)}, body);
    node->associations->OnMessage(AssociationId(i), StreamId(1), sctp::kPayloadProtocol, frame);
  }
  void Open(std::size_t i) { Frame(i, wire::FrameType::kOpen, AsBytes("open")); }
  void Close(std::size_t i) { Frame(i, wire::FrameType::kClosed, wire::ClosedBody{}.Serialize()); }
  // All except number 0.
  void OpenOthers() {
    for (std::size_t i = 1; i <= others_; ++i) Open(i);
    Turn();
  }
  void CloseOthers() {
    for (std::size_t i = 1; i <= others_; ++i) Close(i);
    Turn();
  }
  // As Node does it.
  void Turn() {
    if (node->associations->NextTimer() <= now_) node->associations->OnTimer();
    if (node->channels->NextTimer() <= now_) node->channels->OnTimer();
    node->channels->Pump();
    node->channels->FinishTurn();
    node->channels->UpdateGauges();
  }
  template <typename What>
  [[nodiscard]] std::uint64_t WorkOf(What what) {
    const std::uint64_t before = Work();
    what();
    Turn();
    return Work() - before;
  }

  std::unique_ptr<TestNode> node;

 private:
  [[nodiscard]] std::uint64_t Work() const {
    return node->associations->walked() + node->channels->walked() + asked_;
  }

  TimePoint& now_;
  const std::size_t others_;
  std::uint64_t asked_ = 0;
};

class TableWorkTest : public testing::Test {
 protected:
  // Does WHAT to the one association of the hub that is not idle, number 0.
  void CostsTheSame(const std::function<void(Hub&)>& what) {
    const std::uint64_t among_few = few.WorkOf([&] { what(few); });
    EXPECT_EQ(many.WorkOf([&] { what(many); }), among_few);
    EXPECT_LT(among_few, 30u);
  }

  TimePoint now{1000s};
  Hub few{1, now}, many{kMany, now};
};

TEST_F(TableWorkTest, AFrameLooksAtItsOwnChannel) {
  CostsTheSame([](Hub& hub) { hub.Frame(0, wire::FrameType::kSealed, Bytes(100)); });
  EXPECT_EQ(many.node->Count(kDropState), 1u);
}

TEST_F(TableWorkTest, AVerdictThatIsDueLooksAtItsOwnAssociation) {
  now += 1s;
  for (Hub* hub : {&few, &many}) hub->ComeIn(kMany + 1);
  now += few.node->shared.config.node.sctp.verify_timeout - 1s;
  for (Hub* hub : {&few, &many}) hub->Turn();  // the OPENs that came before are due
  now += 1s;
  CostsTheSame([](Hub&) {});
  EXPECT_EQ(many.node->Count(kVerifyTimeouts), 1u);
  EXPECT_EQ(few.node->Count(kVerifyTimeouts), 1u);
}

TEST_F(TableWorkTest, AChannelThatIsDueIsAlone) {
  // The others begin again, a second later.
  for (Hub* hub : {&few, &many}) hub->CloseOthers();
  now += 1s;
  for (Hub* hub : {&few, &many}) hub->OpenOthers();
  now += 14s;
  CostsTheSame([](Hub&) {});
  EXPECT_EQ(many.node->Count(kClosingTimeouts), 1u);
  EXPECT_EQ(many.node->Count(kHalfOpen), kMany) << "the others wait for their time";
}

TEST_F(TableWorkTest, AChannelEndsAlone) {
  CostsTheSame([](Hub& hub) { hub.Close(0); });
  EXPECT_EQ(many.node->Count(kChannels), kMany);
  EXPECT_EQ(many.node->authd.accepts.size(), kMany + 1);
}

TEST_F(TableWorkTest, AnAssociationEndsWithItsOwnChannels) {
  CostsTheSame([](Hub& hub) {
    hub.node->associations->OnDown(AssociationId(0), sctp::DownReason::kDeadPeer, "");
  });
  EXPECT_EQ(many.node->Count(kAssociationsUp), kMany);
  EXPECT_EQ(few.node->Count(kAssociationsUp), 1u);
  EXPECT_EQ(many.node->Count(kChannels), kMany);
}

TEST_F(TableWorkTest, WhetherOneIsIdleAsksItsOwnChannels) {
  CostsTheSame([](Hub& hub) {
    EXPECT_EQ(hub.node->channels->IdleSince(*hub.node->associations->FindUp("p0")),
              std::nullopt);  // one is being opened
  });
}

// Gauges follow changes.
TEST_F(TableWorkTest, GaugesAreRight) {
  EXPECT_EQ(many.node->Count(kAssociationsUp), kMany + 1);
  EXPECT_EQ(many.node->Count(kAssociationsUnverified), 0u);
  EXPECT_EQ(many.node->Count(kHalfOpen), kMany + 1);
  many.ComeIn(kMany + 1);
  EXPECT_EQ(many.node->Count(kAssociationsUnverified), 1u);
  many.Verify(kMany + 1);  // no such peer
  EXPECT_EQ(many.node->Count(kAssociationsUnverified), 0u);
  many.node->associations->EndAll("over");
  many.Turn();
  EXPECT_EQ(many.node->Count(kAssociationsUp), 0u);
  EXPECT_EQ(many.node->Count(kChannels), 0u);
  EXPECT_EQ(many.node->Count(kHalfOpen), 0u);
}

}  // namespace
}  // namespace funnel::sctpd
