// Peers with several addresses, which engines use within one association: the kernel's knows them
// by the handshake, those in our process by what they are offered.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "tests/lab/engines/engine_lab.h"

namespace funnel::sctp::test {
namespace {

// What configuration promises, by default (Settings): the longest that a pulled path may stall
// delivery.
constexpr milliseconds kLongestStall(1000);

class PathConformance : public EngineLab {
 protected:
  [[nodiscard]] TransportAddress AddressOf(const LabEnd& end, bool other_link) const {
    std::uint16_t port = GetParam().carrier == Carrier::kUdp ? kDefaultUdpPort : 0;
    return other_link ? TwoHosts::OtherAddress(end.host, port) : TwoHosts::Address(end.host, port);
  }
  [[nodiscard]] PeerPath Path(const LabEnd& end, bool other_link) const {
    return {AddressOf(end, other_link), GetParam().carrier};
  }
  [[nodiscard]] static std::vector<PathStats> Paths(LabEnd& end) {
    TwoHosts::On on(end.host);
    return end.engine->Stats(end.current()).paths;
  }
  [[nodiscard]] static bool Has(LabEnd& end, const TransportAddress& address, PathState state) {
    auto paths = Paths(end);
    return std::any_of(paths.begin(), paths.end(), [&](const PathStats& path) {
      return path.address == address && path.state == state;
    });
  }
  [[nodiscard]] static bool Offer(LabEnd& end, std::vector<PeerPath> paths) {
    TwoHosts::On on(end.host);
    end.engine->Trust(end.current());
    return end.engine->OfferPaths(end.current(), std::move(paths));
  }
  // Both engines on both links, and each knows that the other one answers on both.
  void AssociateOnBothLinks(Settings settings = Settings()) {
    settings.path_probe = milliseconds(300);
    ASSERT_NO_FATAL_FAILURE(Associate(settings, Addresses::kBothLinks));
    if (IsSkipped()) return;
    for (auto [end, peer] : {std::pair(&*a, &*b), std::pair(&*b, &*a)})
      ASSERT_TRUE(Offer(*end, {Path(*peer, false), Path(*peer, true)}));
    ASSERT_TRUE(Run([&] {
      return Has(*a, AddressOf(*b, true), PathState::kReachable) &&
             Has(*b, AddressOf(*a, true), PathState::kReachable);
    }));
  }
};

// Numbered messages from one end at a steady rate, which the slowest machine keeps up with, and
// what of them came.
class Load {
 public:
  Load(LabEnd& from, LabEnd& to) : from_(from), to_(to) { to_.keep_messages = false; }
  ~Load() { to_.on_message = nullptr; }

  static constexpr milliseconds kInterval{5};

  // To be called in every turn.
  void Step() {
    const TimePoint now = Now();
    ran_ += std::min<Duration>(now - std::exchange(stepped_, now), kLongestTurn);
    to_.on_message = [this](const LabEnd::Message& message) { Take(message); };
    while (!stopped_ && Now() >= next_) {
      Bytes bytes(kBytes);
      std::uint32_t number = sent_;
      std::memcpy(bytes.data(), &number, sizeof number);
      if (from_.Send(bytes, 1 + sent_ % 8, {.unordered = true}) != SendStatus::kSent) return;
      ++sent_;
      next_ = std::max(next_ + kInterval, Now() - 4 * kInterval);
    }
  }
  void Stop() { stopped_ = true; }
  [[nodiscard]] std::uint32_t sent() const { return sent_; }
  [[nodiscard]] std::size_t came() const { return came_; }
  [[nodiscard]] bool EachOnce() const {
    return came_ == sent_ &&
           std::all_of(times_.begin(), times_.end(), [](int times) { return times == 1; });
  }
  // The longest time without any message since the first. While a busy machine ran other programs,
  // guest and engines stood still: that is none.
  [[nodiscard]] milliseconds stall() const {
    return std::chrono::duration_cast<milliseconds>(stall_);
  }

 private:
  static constexpr std::size_t kBytes = 2000;
  static constexpr milliseconds kLongestTurn{50};

  void Take(const LabEnd::Message& message) {
    std::uint32_t number;
    std::memcpy(&number, message.bytes.data(), sizeof number);
    times_.resize(std::max<std::size_t>(times_.size(), number + 1));
    ++times_[number];
    if (came_++ > 0) stall_ = std::max(stall_, ran_ - ran_at_last_);
    ran_at_last_ = ran_;
  }

  LabEnd& from_;
  LabEnd& to_;
  bool stopped_ = false;
  std::uint32_t sent_ = 0;
  TimePoint next_ = Now();
  std::size_t came_ = 0;
  std::vector<int> times_;
  TimePoint stepped_ = Now();
  Duration ran_{};  // as far as we were running
  Duration ran_at_last_{}, stall_{};
};

TEST_P(PathConformance, BothEndsKnowAllAddresses) {
  ASSERT_NO_FATAL_FAILURE(AssociateOnBothLinks());
  if (IsSkipped()) return;
  for (auto [end, peer] : {std::pair(&*a, &*b), std::pair(&*b, &*a)}) {
    auto paths = Paths(*end);
    ASSERT_EQ(paths.size(), 2u);
    EXPECT_EQ(paths[0].address, AddressOf(*peer, false));
    EXPECT_EQ(paths[0].state, PathState::kActive);

    for (const PathStats& path : paths) {
      EXPECT_EQ(path.carrier, GetParam().carrier);
      // Those in our process report these of the one in use.
      bool measured = end->kind == Kind::kKernel || path.state == PathState::kActive;
      EXPECT_EQ(path.rto.count() > 0, measured);
      EXPECT_EQ(path.cwnd_bytes > 0, measured);
    }
    EXPECT_TRUE(end->moves.empty());
  }
}

// The owner of the one on SCTP of our own tries them in parallel.
class KernelPathConformance : public PathConformance {};

TEST_P(KernelPathConformance, ConnectsToWhicheverAddressAnswers) {
  for (LabEnd* end : {&*a, &*b}) {
    Start(*end, Quick(), Addresses::kBothLinks);
    if (IsSkipped()) return;
  }
  TwoHosts::Cut("lan");
  Target target = TargetOf(*b);
  target.addresses.push_back(AddressOf(*b, true));
  ASSERT_TRUE(a->Connect(target).has_value());
  ASSERT_TRUE(Run([&] { return a->ups.size() == 1 && b->ups.size() == 1; }));
  ASSERT_EQ(a->Send("over the other link"), SendStatus::kSent);
  ASSERT_EQ(b->Send("and back"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return a->messages.size() == 1 && b->messages.size() == 1; }));
}

TEST_P(PathConformance, PulledPathUnderLoadLosesNothingAndStallsShortly) {
  ASSERT_NO_FATAL_FAILURE(AssociateOnBothLinks());
  if (IsSkipped()) return;
  Load up(*a, *b), down(*b, *a);
  longest_wait = Load::kInterval;
  auto run_until = [&](const std::function<bool()>& done) {
    return Run([&] {
      up.Step(), down.Step();
      return done();
    });
  };
  ASSERT_TRUE(run_until([&] { return up.came() > 200 && down.came() > 200; }));
  TwoHosts::Cut("lan");
  ASSERT_TRUE(run_until([&] { return !a->moves.empty() && !b->moves.empty(); }));
  EXPECT_EQ(a->moves.back(), Path(*b, true));
  EXPECT_EQ(b->moves.back(), Path(*a, true));
  std::uint32_t then = std::max(up.sent(), down.sent());
  ASSERT_TRUE(run_until([&] { return std::min(up.came(), down.came()) > then + 100; }));
  EXPECT_TRUE(Has(*a, AddressOf(*b, false), PathState::kSilent));
  EXPECT_TRUE(Has(*a, AddressOf(*b, true), PathState::kActive));

  // And back to what is preferred, when it answers again.
  TwoHosts::Heal("lan");
  ASSERT_TRUE(run_until(
      [&] { return a->moves.back() == Path(*b, false) && b->moves.back() == Path(*a, false); }));
  up.Stop(), down.Stop();
  EXPECT_TRUE(Run([&] { return up.came() >= up.sent() && down.came() >= down.sent(); }))
      << up.came() << " of " << up.sent() << ", " << down.came() << " of " << down.sent();
  RunFor(milliseconds(300));  // for what comes twice
  EXPECT_TRUE(up.EachOnce() && down.EachOnce());
  EXPECT_LT(up.stall(), kLongestStall);
  EXPECT_LT(down.stall(), kLongestStall);
  std::printf("stalled for %d and %d ms; %u and %u messages\n",
              static_cast<int>(up.stall().count()), static_cast<int>(down.stall().count()),
              up.sent(), down.sent());
}

TEST_P(PathConformance, IdleAssociationNoticesAPulledPath) {
  Settings quick = Quick();
  quick.dead_peer_timeout = milliseconds(4000);
  ASSERT_NO_FATAL_FAILURE(AssociateOnBothLinks(quick));
  if (IsSkipped()) return;
  TwoHosts::Cut("lan");
  ASSERT_TRUE(Run([&] { return !a->moves.empty() && !b->moves.empty(); }));
  EXPECT_EQ(a->moves[0], Path(*b, true));
  RunFor(quick.dead_peer_timeout);
  EXPECT_TRUE(a->downs.empty() && b->downs.empty());
}

TEST_P(PathConformance, SilenceOnAllPathsIsADeadPeer) {
  ASSERT_NO_FATAL_FAILURE(AssociateOnBothLinks(Quick()));
  if (IsSkipped()) return;
  TwoHosts::Cut("lan");
  TwoHosts::Cut("alt");
  ASSERT_TRUE(Run([&] { return !a->downs.empty() && !b->downs.empty(); }));
  EXPECT_EQ(a->down().reason, DownReason::kDeadPeer);
  EXPECT_EQ(b->down().reason, DownReason::kDeadPeer);
}

TEST_P(PathConformance, OfferedPathsAreTakenInTheirOrder) {
  ASSERT_NO_FATAL_FAILURE(AssociateOnBothLinks());
  if (IsSkipped()) return;
  PeerPath elsewhere = Path(*b, false);
  elsewhere.address = *TransportAddress::Parse("10.77.77.77", elsewhere.address.port());
  // The kernel's associations keep the addresses of their handshake.
  EXPECT_EQ(Offer(*a, {Path(*b, false), elsewhere}), a->kind != Kind::kKernel);
  EXPECT_TRUE(Offer(*a, {Path(*b, true), Path(*b, false)}));
  ASSERT_TRUE(Run([&] { return !a->moves.empty(); }));
  EXPECT_EQ(a->moves[0], Path(*b, true));
  ASSERT_EQ(a->Send("by the other link"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b->messages.size() == 1; }));
  EXPECT_EQ(Paths(*a)[0].address, AddressOf(*b, true));
}

// For the kernel, an address of ours that the handshake did not name is a stranger's. It answers a
// probe from there with ABORT and the association's own tag.
class MixedPathConformance : public PathConformance {};

TEST_P(MixedPathConformance, PathThatTheKernelDoesNotKnowEndsNothing) {
  Settings settings;
  settings.path_probe = milliseconds(300);
  ASSERT_NO_FATAL_FAILURE(Associate(settings, Addresses::kBothLinks));
  if (IsSkipped()) return;
  ASSERT_TRUE(Offer(*a, {Path(*b, true), Path(*b, false)}));
  ASSERT_TRUE(Run([&] { return Has(*a, AddressOf(*b, true), PathState::kSilent); }));
  RunFor(milliseconds(1000));
  EXPECT_TRUE(a->downs.empty() && b->downs.empty());
  EXPECT_TRUE(a->moves.empty());
  ASSERT_EQ(a->Send("there"), SendStatus::kSent);
  ASSERT_EQ(b->Send("and back"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return a->messages.size() == 1 && b->messages.size() == 1; }));
}

constexpr Pairing kOwnUdp{Kind::kOwn, Kind::kOwn, Carrier::kUdp};
constexpr Pairing kOwnDirect{Kind::kOwn, Kind::kOwn, Carrier::kDirect};
constexpr Pairing kKernelUdp{Kind::kKernel, Kind::kKernel, Carrier::kUdp};
constexpr Pairing kKernelDirect{Kind::kKernel, Kind::kKernel, Carrier::kDirect};

INSTANTIATE_TEST_SUITE_P(All, PathConformance,
                         ::testing::Values(kOwnUdp, kOwnDirect, kKernelUdp, kKernelDirect),
                         [](const auto& pairing) { return Name(pairing.param); });
INSTANTIATE_TEST_SUITE_P(All, MixedPathConformance,
                         ::testing::Values(Pairing{Kind::kOwn, Kind::kKernel, Carrier::kUdp},
                                           Pairing{Kind::kOwn, Kind::kKernel, Carrier::kDirect}),
                         [](const auto& pairing) { return Name(pairing.param); });
INSTANTIATE_TEST_SUITE_P(All, KernelPathConformance, ::testing::Values(kKernelUdp, kKernelDirect),
                         [](const auto& pairing) { return Name(pairing.param); });

}  // namespace
}  // namespace funnel::sctp::test
