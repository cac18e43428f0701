// What addresses without an association, or bytes that are no packets, can do: nothing that lasts.
#include <random>

#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

class EngineStrangerTest : public EngineTest {
 protected:
  // Records every packet between a and b.
  void Record() {
    network.fate = [this](auto&, auto&, Bytes& packet) {
      recorded_.push_back(packet);
      return true;
    };
  }
  void Inject(const TransportAddress& from, Bytes packet) {
    network.inbox[b.address].push_back({from, std::move(packet), Now()});
  }
  void Deliver() { b.engine->OnReadable(); }

  static Bytes Init(std::uint16_t source_port = kDefaultSctpPort) {
    ByteWriter out;
    out.U16(source_port).U16(kDefaultSctpPort).U32(0).U32(0);
    out.U8(1).U8(0).U16(20).U32(0x12345678).U32(100000).U16(10).U16(10).U32(1);
    Bytes packet = out.Release();
    WriteChecksum(packet);
    return packet;
  }
  std::vector<Bytes> recorded_;
};

TEST_F(EngineStrangerTest, FloodOfInitsLeavesNothing) {
  Start(b, 2);
  for (int i = 0; i < 20'000; ++i) {
    auto from = TransportAddress::Parse(
        "198.51." + std::to_string(i / 250 % 250) + "." + std::to_string(i % 250),
        static_cast<std::uint16_t>(1000 + i));
    Inject(*from, Init());
    if (i % 64 == 63) Deliver();
  }
  while (!network.inbox[b.address].empty()) Deliver();

  EngineCounters counters = b.engine->counters();
  EXPECT_EQ(counters.associations_now, 0u);
  EXPECT_EQ(counters.packets_in, 20'000u);
  EXPECT_GT(counters.strangers_limited, 10'000u);
  EXPECT_EQ(counters.queue_now_bytes, 0u);
  EXPECT_TRUE(b.ups.empty());

  // A node that is known still gets through.
  Start(a, 1);
  b.engine->SetKnownHosts({a.address});
  Connect(a, b);
  EXPECT_TRUE(Run([&] { return b.ups.size() == 1; }));
}

TEST_F(EngineStrangerTest, OneHostHasItsShareOnly) {
  Start(b, 2);
  for (int i = 0; i < 1000; ++i) Inject(Address(66, static_cast<std::uint16_t>(1000 + i)), Init());
  while (!network.inbox[b.address].empty()) Deliver();
  EXPECT_GT(b.engine->counters().strangers_limited, 900u);
  Start(a, 1);
  Connect(a, b);
  EXPECT_TRUE(Run([&] { return b.ups.size() == 1; }, milliseconds(1000)));
}

// INITs use up nothing that later steps of a handshake need.
TEST_F(EngineStrangerTest, WhoHadAnInitAnsweredGetsIn) {
  Settings settings;
  settings.strangers.packets_per_second = 1;
  Start(a, 1);
  Start(b, 2, settings);
  network.fate = [&](const TransportAddress& from, auto&, Bytes& packet) {
    for (int i = 0; i < 50 && from == b.address && packet[12] == 2; ++i)
      Inject(*TransportAddress::Parse("198.51.100." + std::to_string(i), 9899), Init());
    return true;
  };
  Connect(a, b);
  EXPECT_TRUE(Run([&] { return b.ups.size() == 1; }, milliseconds(300)));
  EXPECT_GT(b.engine->counters().strangers_limited, 30u);
}

// Answers are larger than an INIT, and go to the address that it came from.
TEST_F(EngineStrangerTest, InitsInAPeersNameAreAnsweredSoOften) {
  Start(b, 2);
  b.engine->SetKnownHosts({Address(66)});
  std::size_t answers = 0;
  network.fate = [&](auto&, const TransportAddress& to, Bytes&) {
    answers += to.SameHost(Address(66));
    return true;
  };
  for (int i = 0; i < 5000; ++i) Inject(Address(66, static_cast<std::uint16_t>(1000 + i)), Init());
  while (!network.inbox[b.address].empty()) Deliver();
  EXPECT_GE(answers, 100u);
  EXPECT_LE(answers, 1000u);
  EXPECT_GT(b.engine->counters().strangers_limited, 4000u);
}

TEST_F(EngineStrangerTest, AssociationsOfOneHostAreLimited) {
  Settings settings;
  settings.strangers.associations_per_host = 2;
  Start(b, 2, settings);

  std::vector<std::unique_ptr<End>> peers;
  for (int i = 0; i < 4; ++i) {
    auto& peer = *peers.emplace_back(new End);
    peer.address = Address(50, static_cast<std::uint16_t>(5000 + i));
    auto made = OwnCore::Make(Quick(), std::make_unique<MemoryLink>(network, peer.address), peer);
    ASSERT_TRUE(made.has_value());
    peer.engine = std::move(*made);
    ends.push_back(&peer);
    Connect(peer, b);
  }

  ASSERT_TRUE(Run([&] { return b.ups.size() == 2; }));
  RunFor(milliseconds(300));
  EXPECT_EQ(b.ups.size(), 2u);
  EXPECT_EQ(b.engine->counters().associations_now, 2u);
  EXPECT_GT(b.engine->counters().strangers_limited, 0u);

  // When an association becomes trusted, there is room for another stranger.
  b.engine->Trust(b.ups[0].id);
  ASSERT_TRUE(Run([&] { return b.ups.size() == 3; }));
}

TEST_F(EngineStrangerTest, AssociationsInAllAreLimited) {
  Settings settings;
  settings.max_associations = 2;
  Start(b, 2, settings);
  std::vector<std::unique_ptr<End>> peers;
  for (int i = 0; i < 4; ++i) {
    auto& peer = *peers.emplace_back(new End);
    peer.address = Address(50 + i, 5000);
    auto made = OwnCore::Make(Quick(), std::make_unique<MemoryLink>(network, peer.address), peer);
    ASSERT_TRUE(made.has_value());
    peer.engine = std::move(*made);
    ends.push_back(&peer);
    Connect(peer, b);
  }
  ASSERT_TRUE(Run([&] { return b.ups.size() == 2; }));
  RunFor(milliseconds(300));
  EXPECT_EQ(b.engine->counters().associations_now, 2u);
  EXPECT_GT(b.engine->counters().strangers_limited, 0u);
}

TEST_F(EngineStrangerTest, CookieOfAnotherAddressIsWorthNothing) {
  Record();
  Associate();
  Bytes cookie_echo;
  for (const Bytes& packet : recorded_)
    if (packet[12] == 10) cookie_echo = packet;
  ASSERT_FALSE(cookie_echo.empty());
  Inject(Address(66), cookie_echo);
  Deliver();
  EXPECT_EQ(b.ups.size(), 1u);
  EXPECT_TRUE(b.downs.empty());
}

TEST_F(EngineStrangerTest, ReplayedHandshakeDoesNotReplaceAnAssociation) {
  Record();
  Associate();
  for (const Bytes& packet : recorded_) Inject(a.address, packet);
  RunFor(milliseconds(100));
  EXPECT_EQ(b.ups.size(), 1u);
  EXPECT_TRUE(b.downs.empty());
  ASSERT_EQ(a.Send("still fine"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 1; }));
}

TEST_F(EngineStrangerTest, ForgedEndsWithoutTheTagAreIgnored) {
  Associate();
  for (std::uint8_t type : {6, 7, 8, 14}) {
    for (std::uint8_t flags : {0, 1}) {
      ByteWriter out;
      out.U16(b.ups[0].info.peer_sctp_port).U16(kDefaultSctpPort).U32(0xdeadbeef).U32(0);
      out.U8(type).U8(flags).U16(type == 7 ? 8 : 4);
      if (type == 7) out.U32(0);
      Bytes packet = out.Release();
      WriteChecksum(packet);
      Inject(a.address, packet);
    }
  }
  Deliver();
  EXPECT_TRUE(b.downs.empty());
  EXPECT_EQ(b.engine->counters().packets_bad_tag, 8u);
}

// RFC 9260 demands an ABORT of the association in some of these cases; then anybody could end it.
TEST_F(EngineStrangerTest, UnsoundInitDoesNotEndAnAssociation) {
  Associate();
  for (std::size_t field : {16u, 20u, 24u, 26u}) {
    Bytes packet = Init();
    std::fill_n(packet.begin() + static_cast<std::ptrdiff_t>(field), field < 24 ? 4 : 2, 0);
    WriteChecksum(packet);
    Inject(a.address, packet);
  }
  Bytes tagged = Init();
  tagged[7] = 1;
  WriteChecksum(tagged);
  Inject(a.address, tagged);
  Inject(a.address, Init());
  Deliver();
  RunFor(milliseconds(50));
  EXPECT_TRUE(b.downs.empty());
  EXPECT_TRUE(a.downs.empty());
  EXPECT_EQ(b.engine->counters().packets_malformed, 5u);
}

TEST_F(EngineStrangerTest, RandomBytesNeverDoHarm) {
  Associate();
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    Bytes packet(random() % 200);
    for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
    if (packet.size() >= 16) {
      WritePorts(packet, kDefaultSctpPort, kDefaultSctpPort);
      WriteChecksum(packet);
    }
    Inject(i % 2 == 0 ? a.address : Address(66), packet);
    if (i % 64 == 0) Deliver();
  }
  while (!network.inbox[b.address].empty()) Deliver();
  ASSERT_EQ(a.Send("still fine"), SendStatus::kSent);
  EXPECT_TRUE(Run([&] { return b.messages.size() == 1; }));
}

// Real packets of a running association with a few bytes changed and the right checksum: anything
// may happen to this association, but nothing to the process or to others.
TEST_F(EngineStrangerTest, MutatedPacketsEndAtMostTheirAssociation) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Reset();
    Settings settings = Quick();
    settings.strangers.packets_per_second = settings.strangers.packets_per_second_per_host =
        1'000'000;

    auto random = std::make_shared<std::mt19937>(seed);
    network.fate = [random](auto&, auto&, Bytes& packet) {
      if (packet.size() < 13) return true;
      std::size_t changes = (*random)() % 8 == 0 ? 1 + (*random)() % 4 : 0;
      for (std::size_t i = 0; i < changes; ++i) {
        std::size_t at = 12 + (*random)() % std::min<std::size_t>(packet.size() - 12, 60);
        packet[at] = (*random)() % 3 == 0 ? 0xff : static_cast<std::uint8_t>((*random)());
      }
      if (changes == 4) packet.resize(16 + (*random)() % (packet.size() - 12));
      WriteChecksum(packet);
      return true;
    };

    Start(a, 1, settings);
    Start(b, 2, settings);
    TimePoint until = Now() + milliseconds(500);
    int messages = 0;

    while (Now() < until) {
      if (a.ups.size() == a.downs.size()) (void)a.engine->Connect({{b.address}});
      if (a.ups.size() > a.downs.size())
        for (int i = 0; i < 5; ++i)
          (void)a.Send(
              std::string((*random)() % 6000 + 1, 'x'), (*random)() % 9,
              {.unordered = (*random)() % 2 == 0, .lifetime = milliseconds((*random)() % 2 * 20)});
      if (b.ups.size() > b.downs.size()) (void)b.Send("back");
      Turn();
      ++messages;
    }
    EXPECT_GT(messages, 10);
    // The network loses nothing again, so what follows works.
    network.fate = nullptr;
    End c;
    ends.push_back(&c);
    Start(c, 3, settings);
    Connect(c, b);
    ASSERT_TRUE(Run([&] { return c.ups.size() == 1; }));
    ASSERT_EQ(c.Send("fine"), SendStatus::kSent);
    ASSERT_TRUE(
        Run([&] { return !b.messages.empty() && AsText(b.messages.back().bytes) == "fine"; }));
    ends.pop_back();
  }
}

}  // namespace
}  // namespace funnel::sctp::test
