// What strangers, peers and edges may send without harm to anybody else.
#include <dirent.h>

#include <chrono>
#include <thread>

#include "common/base/foreign_fd.h"
#include "common/base/random.h"
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

class HostileTest : public TwoNodes {
 protected:
  static constexpr ChannelId kId{77};
};

TEST_F(HostileTest, FramesThatDoNotBelongAreDroppedAndCounted) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  AssociationId to_b = b->only_association().id();
  StreamId stream = a->channels->channels().begin()->second->stream()->id;

  auto inject = [&](StreamId on, FrameType type, ChannelId channel) {
    b->engine->Inject(to_b, on, sctp::kPayloadProtocol,
                      wire::MakeFrame({.type = type, .channel = channel}, AsBytes("??")));
    Settle();
  };

  inject(stream, FrameType::kSealed, ChannelId(999));
  EXPECT_EQ(b->Count(kDropChannel), 1u);

  inject(StreamId(67), FrameType::kSealed, kId);
  EXPECT_EQ(b->Count(kDropStream), 1u);

  inject(stream, FrameType::kNote, kId);
  inject(stream, FrameType::kLinkEnd, kId);
  EXPECT_EQ(b->Count(kDropType) + b->Count(kDropMalformed), 2u);

  inject(stream, FrameType::kOpened, kId);
  inject(stream, FrameType::kRefused, kId);
  EXPECT_EQ(b->Count(kDropState), 2u);

  b->engine->Inject(to_b, stream, sctp::kPayloadProtocol, Bytes(5, 4));
  b->engine->Inject(to_b, stream, sctp::kPayloadProtocol, Bytes());
  Settle();
  // Larger than a unit to an edge, or than what authd accepts.
  for (FrameType type : {FrameType::kSealed, FrameType::kOpen})
    b->engine->Inject(to_b, stream, sctp::kPayloadProtocol,
                      wire::MakeFrame({.type = type, .channel = kId}, Bytes(wire::kMaxFrameSize)));
  Settle();
  EXPECT_EQ(b->authd.accepts.size(), 1u);
  EXPECT_TRUE(served.Receive().empty());

  edge.Send(FrameType::kSealed, kId, AsBytes("still here"));
  Settle();
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kSealed});
}

TEST_F(HostileTest, RandomBytesOnEveryStreamEndNothing) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  AssociationId to_b = b->only_association().id();

  for (int round = 0; round < 2000; ++round) {
    Bytes noise(RandomU64() % 200);
    FillRandom(noise);
    // Half of them look like frames of our version, some for the right channel.
    if (noise.size() > 12 && round % 2 == 0) {
      noise[0] = static_cast<std::uint8_t>(round / 2 % 7);
      noise[1] = wire::kFrameVersion;
      if (round % 4 == 0) StoreBigEndian<2>(noise.data() + 2, 0);
      if (round % 4 == 0) StoreBigEndian<4>(noise.data() + 8, 0);
      if (round % 8 == 0 && noise[0] != 5) StoreBigEndian<4>(noise.data() + 4, kId.value());
    }

    b->engine->Inject(to_b, StreamId(static_cast<std::uint16_t>(1 + RandomU64() % 140)),
                      sctp::kPayloadProtocol, noise);
    if (round % 50 == 0) Settle();
  }

  Advance(20s);
  EXPECT_TRUE(b->only_association().up());
  (void)served.Receive();
  edge.Send(FrameType::kSealed, kId, AsBytes("still here"));
  Settle();
}

TEST_F(HostileTest, EdgesNonsenseEndsThatEdgeOnly) {
  BringUp();
  TestEdge good = a->Attach("dns");
  TestEdge served = OpenChannel(good, ChannelId(1));
  TestEdge bad = a->Attach("dns");
  Settle();
  // Not the channel's id; not a type for edges; not even a frame.
  bad.Send(FrameType::kSealed, ChannelId(1), AsBytes("x"));
  bad.Send(FrameType::kOpened, kId, AsBytes("x"));
  Settle();
  EXPECT_EQ(a->Count(kDropEdgeState) + a->Count(kDropEdgeChannel), 2u);
  std::uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0, 0};
  ASSERT_EQ(::send(bad.fd(), huge, sizeof huge, 0), 6);
  Settle();
  bad.Receive();
  EXPECT_TRUE(bad.closed);
  good.Send(FrameType::kSealed, ChannelId(1), AsBytes("x"));
  Settle();
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kSealed});
}

TEST_F(HostileTest, EdgeThatDoesNotReadLosesItsChannelOnly) {
  config_b.node.sctp.channel_queue_bytes = 1 << 20;
  BringUp();
  TestEdge slow = a->Attach("dns");
  TestEdge served_slow = OpenChannel(slow, ChannelId(1));
  TestEdge fast = a->Attach("dns");
  TestEdge served_fast = OpenChannel(fast, ChannelId(2));
  for (int i = 0; i < 400 && b->Count(kChannelOverflows) == 0; ++i) {
    slow.Send(FrameType::kSealed, ChannelId(1), Bytes(16000, 1));
    Settle();
  }
  EXPECT_EQ(b->Count(kChannelOverflows), 1u);
  auto types = slow.ReceiveTypes();
  EXPECT_EQ(types.back(), FrameType::kClosed);
  fast.Send(FrameType::kSealed, ChannelId(2), AsBytes("x"));
  Settle();
  EXPECT_EQ(served_fast.ReceiveTypes(), std::vector{FrameType::kSealed});
}

// Threads of their own close foreign descriptors.
std::size_t OpenDescriptors() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (ForeignFd::CountClosing() != 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

TEST_F(HostileTest, NothingLeaksOverManyRounds) {
  BringUp();
  std::size_t descriptors = OpenDescriptors();

  for (std::uint32_t round = 0; round < 300; ++round) {
    TestEdge edge = a->Attach("dns");
    TestEdge served = OpenChannel(edge, ChannelId(round));
    if (round % 3 == 0) {
      edge.SendClosed(ChannelId(round));
      served.SendClosed(ChannelId(round));
      Settle();
    }
    b->authd.accepts.clear();
  }

  Settle();
  EXPECT_EQ(OpenDescriptors(), descriptors);
  EXPECT_TRUE(a->channels->channels().empty());
  EXPECT_TRUE(b->channels->channels().empty());
  EXPECT_EQ(a->only_association().streams.in_use(), 0u);
  EXPECT_EQ(a->edges->size(), 0u);
  EXPECT_EQ(a->only_association().channels, 0u);
  EXPECT_EQ(b->only_association().half_open, 0u);
}

}  // namespace
}  // namespace funnel::sctpd
