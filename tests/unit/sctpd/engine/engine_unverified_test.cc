// What peers that nobody has verified yet can make the engine keep, all together.
#include "sctp/wire/data_chunk.h"
#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

bool BeginsAMessage(Bytes packet) {
  ::sctp::ChunkReader chunks(MutableByteView(packet).subspan(::sctp::kCommonHeaderSize));
  while (const auto chunk = chunks.Next())
    if (const auto data = ::sctp::DataView::Parse(*chunk); data && data->begin && !data->end)
      return true;
  return false;
}

TEST_F(EngineTest, StrangersTogetherHoldSoMuchAndKeepNobodyOut) {
  Settings settings = Quick();
  settings.strangers.associations = settings.strangers.associations_per_host = 16;
  Start(b, 2, settings);
  b.engine->SetKnownHosts({Address(70)});

  // The first packet of each message of a stranger is lost.
  network.fate = [](const TransportAddress& from, auto&, Bytes& packet) {
    return !from.SameHost(Address(50)) || !BeginsAMessage(packet);
  };
  const std::string large(90'000, 'x');
  std::vector<std::unique_ptr<End>> peers;
  const auto add = [&](int host, std::uint16_t port) -> End& {
    auto& peer = *peers.emplace_back(new End);
    peer.address = Address(host, port);
    auto made = OwnCore::Make(Quick(), std::make_unique<MemoryLink>(network, peer.address), peer);
    EXPECT_TRUE(made.has_value());
    peer.engine = std::move(*made);
    ends.push_back(&peer);
    Connect(peer, b);
    EXPECT_TRUE(Run([&] { return peer.ups.size() == 1; }));
    return peer;
  };

  for (std::uint16_t i = 0; i < 16; ++i)
    EXPECT_EQ(add(50, 5000 + i).Send(large), SendStatus::kSent);
  ASSERT_TRUE(Run([&] { return b.engine->counters().strangers_limited > 0; }));
  EXPECT_TRUE(b.messages.empty());

  // A known host, and a peer that b begins with, are not among them.
  EXPECT_EQ(add(70, 5000).Send(large), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 1; }));
  Start(a, 1);
  Connect(b, a);
  ASSERT_TRUE(Run([&] { return a.ups.size() == 1; }));
  EXPECT_EQ(a.Send(large), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 2; }));
  EXPECT_TRUE(b.downs.empty());
}

}  // namespace
}  // namespace funnel::sctp::test
