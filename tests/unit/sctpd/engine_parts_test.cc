// The engine's small parts: checksum, cutting, inspection, queue, limits, addresses, settings.
#include <gtest/gtest.h>
#include <usrsctp.h>

#include <deque>
#include <random>

#include "common/base/text.h"
#include "funnel-sctpd/engine/crc32c.h"
#include "funnel-sctpd/engine/inspect.h"
#include "funnel-sctpd/engine/output_queue.h"
#include "funnel-sctpd/engine/packet.h"
#include "funnel-sctpd/engine/settings.h"
#include "funnel-sctpd/engine/split.h"
#include "funnel-sctpd/engine/strangers.h"

namespace funnel::sctp {
namespace {

Bytes RandomBytes(std::mt19937& random, std::size_t size) {
  Bytes out(size);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
  return out;
}

// ----------------------------------------------------------------------------------------------------
// Crc32c

TEST(Crc32cTest, KnownSums) {  // RFC 3720 appendix B.4
  Bytes zeros(32, 0), ones(32, 0xff), up(32), down(32);
  for (std::uint8_t i = 0; i < 32; ++i) {
    up[i] = i;
    down[i] = static_cast<std::uint8_t>(31 - i);
  }
  EXPECT_EQ(Crc32c(zeros), 0x8a9136aau);
  EXPECT_EQ(Crc32c(ones), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(up), 0x46dd794eu);
  EXPECT_EQ(Crc32c(down), 0x113fdb5cu);
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xe3069283u);
}

TEST(Crc32cTest, AllWaysAgree) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 3000; size += 1 + size / 7) {
    Bytes bytes = RandomBytes(random, size);
    std::uint32_t sum = Crc32c(bytes);
    EXPECT_EQ(sum, internal::Crc32cPortable(bytes, 0)) << internal::Crc32cMethod();
    EXPECT_EQ(sum, usrsctp_crc32c(bytes.data(), size)) << size;
    std::size_t middle = size / 3;
    EXPECT_EQ(sum, Crc32c(ByteView(bytes).subspan(middle), Crc32c(ByteView(bytes).first(middle))));
  }
}

TEST(PacketTest, ChecksumFindsEveryChangedBit) {
  std::mt19937 random(2);
  Bytes packet = RandomBytes(random, 60);
  WriteChecksum(packet);
  ASSERT_TRUE(ChecksumOk(packet));
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    packet[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(ChecksumOk(packet)) << bit;
    packet[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
}

// -----------------------------------------------------------------------------------------------------
// split

// A packet of chunks given as {type, bytes in all}.
Bytes MakePacket(std::vector<std::pair<int, std::size_t>> chunks) {
  ByteWriter out;
  out.U16(1).U16(2).U32(3).U32(0);
  for (auto [type, size] : chunks) {
    out.U8(static_cast<std::uint8_t>(type)).U8(0).U16(static_cast<std::uint16_t>(size));
    out.Append(Bytes((size + 3) / 4 * 4 - 4, static_cast<std::uint8_t>(size)));
  }
  return out.Release();
}

std::vector<std::size_t> PieceSizes(const Bytes& packet, std::size_t limit) {
  std::vector<PacketPiece> pieces{{1, 2}};
  PlanPieces(packet, limit, pieces);
  std::vector<std::size_t> sizes;
  std::size_t at = kHeaderBytes;
  for (const PacketPiece& piece : pieces) {
    EXPECT_EQ(piece.begin, at) << "a gap";
    at = piece.end;
    sizes.push_back(kHeaderBytes + piece.end - piece.begin);
  }
  EXPECT_EQ(at, packet.size());
  return sizes;
}
using Sizes = std::vector<std::size_t>;

TEST(SplitTest, SmallPacketStaysWhole) {
  EXPECT_EQ(PieceSizes(MakePacket({{3, 16}, {0, 100}, {0, 100}}), 1464), (Sizes{228}));
}

TEST(SplitTest, CutsAtChunkBoundaries) {
  EXPECT_EQ(PieceSizes(MakePacket({{0, 1452}, {0, 1452}, {0, 1452}}), 1464),
            (Sizes{1464, 1464, 1464}));
  EXPECT_EQ(PieceSizes(MakePacket({{0, 700}, {0, 700}, {0, 700}}), 1464), (Sizes{1412, 712}));
  EXPECT_EQ(PieceSizes(MakePacket({{0x40, 1000}, {0x40, 1000}}), 1464), (Sizes{1012, 1012}));
}

TEST(SplitTest, ControlChunksComeFirstAndShareAPacket) {
  EXPECT_EQ(PieceSizes(MakePacket({{3, 16}, {4, 40}, {0, 1000}, {0, 1000}}), 1464),
            (Sizes{1068, 1012}));
  EXPECT_EQ(PieceSizes(MakePacket({{3, 16}, {0, 1452}, {0, 1452}}), 1464), (Sizes{28, 1464, 1464}));
}

TEST(SplitTest, PaddingGoesWithItsChunk) {
  EXPECT_EQ(PieceSizes(MakePacket({{0, 1449}, {0, 1449}}), 1464), (Sizes{1464, 1464}));
}

TEST(SplitTest, NeverCutsAPacketThatHangsTogether) {
  for (int type : {1, 2, 10, 14, 15}) {
    EXPECT_EQ(PieceSizes(MakePacket({{type, 100}, {0, 1400}, {0, 1400}}), 1464).size(), 1u) << type;
    EXPECT_EQ(PieceSizes(MakePacket({{0, 1400}, {type, 100}, {0, 1400}}), 1464).size(), 1u) << type;
  }
}

TEST(SplitTest, SingleLargeChunkStaysWhole) {
  EXPECT_EQ(PieceSizes(MakePacket({{0, 3000}}), 1464), (Sizes{3012}));
  EXPECT_EQ(PieceSizes(MakePacket({{3, 16}, {0, 3000}, {0, 100}}), 1464), (Sizes{28, 3012, 112}));
}

TEST(SplitTest, MalformedPacketStaysWhole) {
  Bytes packet = MakePacket({{0, 1400}, {0, 1400}});
  packet[kHeaderBytes + 1400 + 2] = 0xff;
  EXPECT_EQ(PieceSizes(packet, 1464).size(), 1u);
}

// ---------------------------------------------------------------------------------------------------
// inspect

Bytes Signed(Bytes packet) {
  WriteChecksum(packet);
  return packet;
}

TEST(InspectTest, TakesWhatIsSound) {
  auto summary = Inspect(Signed(MakePacket({{3, 16}, {0, 100}})));
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->header.source_port, 1);
  EXPECT_EQ(summary->header.destination_port, 2);
  EXPECT_EQ(summary->header.tag, 3u);
  EXPECT_EQ(summary->first, ChunkType::kSack);
  EXPECT_TRUE(summary->is_traffic);
  EXPECT_FALSE(Inspect(Signed(MakePacket({{4, 40}})))->is_traffic);
}

TEST(InspectTest, RejectsWhatIsNot) {
  EXPECT_FALSE(Inspect({}).has_value());
  EXPECT_FALSE(Inspect(MakePacket({{0, 100}})).has_value()) << "no checksum";
  EXPECT_FALSE(Inspect(Signed(MakePacket({}))).has_value()) << "no chunk";
  EXPECT_FALSE(Inspect(Signed(MakePacket({{0, 16}}))).has_value()) << "DATA without data";
  EXPECT_FALSE(Inspect(Signed(MakePacket({{0x40, 20}}))).has_value()) << "I-DATA without data";
  for (int type : {0x0c, 0x0d, 0x0f, 0x10, 0x3f, 0x80, 0x81, 0x82, 0xc1, 0xff})
    EXPECT_FALSE(Inspect(Signed(MakePacket({{3, 16}, {type, 20}}))).has_value())
        << type << ": never negotiated";
  Bytes cut = MakePacket({{0, 100}});
  cut.resize(cut.size() - 1);
  EXPECT_FALSE(Inspect(Signed(cut)).has_value()) << "cut off";
  Bytes trailing = MakePacket({{0, 100}});
  trailing.resize(trailing.size() + 3);
  EXPECT_FALSE(Inspect(Signed(trailing)).has_value()) << "half a chunk header";
}

TEST(InspectTest, AnswersStrangersAsTheRfcSays) {
  auto answer = [](std::vector<std::pair<int, std::size_t>> chunks) {
    return AnswerOutOfTheBlue(*Inspect(Signed(MakePacket(std::move(chunks)))));
  };
  Bytes abort = answer({{0, 100}});
  ASSERT_EQ(abort.size(), 16u);
  EXPECT_TRUE(ChecksumOk(abort));
  EXPECT_EQ(HexEncode(ByteView(abort).first(8)), "0002000100000003")
      << "ports turned round, the same tag";
  EXPECT_EQ(abort[12], 6);
  EXPECT_EQ(abort[13], kTagReflected);
  EXPECT_EQ(answer({{8, 4}})[12], 14) << "SHUTDOWN COMPLETE for SHUTDOWN ACK";
  EXPECT_TRUE(answer({{6, 4}}).empty()) << "no ABORT for an ABORT";
  EXPECT_TRUE(answer({{3, 16}, {6, 4}}).empty());
  EXPECT_TRUE(answer({{14, 4}}).empty());
  EXPECT_TRUE(answer({{11, 4}}).empty());
}

// -----------------------------------------------------------------------------------------------
// output queue

TEST(OutputQueueTest, KeepsOrderAndContents) {
  OutputQueue queue(1 << 20);
  std::mt19937 random(3);
  std::deque<Bytes> expected;
  for (int round = 0; round < 2000; ++round) {
    if (random() % 3 != 0) {
      Bytes bytes = RandomBytes(random, 1 + random() % 1500);
      auto room = queue.Append({}, bytes.size());
      if (room.empty()) continue;
      std::copy(bytes.begin(), bytes.end(), room.begin());
      expected.push_back(bytes);
    } else if (!expected.empty()) {
      std::size_t count = 1 + random() % std::min<std::size_t>(expected.size(), 5);
      queue.Pop(count);
      expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(count));
    }
    ASSERT_EQ(queue.size(), expected.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(3, expected.size()); ++i) {
      auto packet = queue.packet(i);
      ASSERT_EQ(Bytes(packet.begin(), packet.end()), expected[i]);
    }
  }
}

TEST(OutputQueueTest, RefusesBeyondItsLimit) {
  OutputQueue queue(1000);
  EXPECT_FALSE(queue.Append({}, 600).empty());
  EXPECT_TRUE(queue.Append({}, 600).empty());
  queue.Pop(1);
  EXPECT_FALSE(queue.Append({}, 600).empty());
}

// --------------------------------------------------------------------------------------------------
// strangers

TEST(StrangersTest, HashIsSipHash) {  // the vectors of its reference implementation, for inputs 0,
                                      // 1, 2 ... of 0 and 15 bytes
  std::array<std::uint64_t, 2> key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  Bytes input(15);
  for (std::uint8_t i = 0; i < 15; ++i) input[i] = i;
  EXPECT_EQ(KeyedHash(key, {}), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(KeyedHash(key, input), 0xa129ca6149be45e5u);
}

TEST(StrangersTest, LimitsEachHostAndAll) {
  StrangerLimits limits;
  limits.packets_per_second = 100;
  limits.packets_per_second_per_host = 10;
  Strangers strangers(limits);
  TimePoint now{std::chrono::hours(1)};
  auto host = [](int i) {
    return *TransportAddress::Parse(
        "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), 1);
  };
  int admitted = 0;
  for (int i = 0; i < 50; ++i) admitted += strangers.Admit(host(1), now);
  EXPECT_EQ(admitted, 10);
  admitted = 0;
  for (int i = 2; i < 500; ++i) admitted += strangers.Admit(host(i), now);
  EXPECT_EQ(admitted, 90);
  EXPECT_FALSE(strangers.Admit(host(2), now));
  strangers.SetKnownHosts({host(2)});
  EXPECT_TRUE(strangers.Admit(host(2), now));
  EXPECT_TRUE(strangers.Admit(host(3), now + std::chrono::milliseconds(200)));
}

// ----------------------------------------------------------------------------------------
// addresses, settings

TEST(TransportAddressTest, ReadsAndWritesText) {
  auto text = [](std::string_view in) {
    auto address = TransportAddress::Parse(in, 9899);
    return address ? address->text() : "nothing";
  };
  EXPECT_EQ(text("192.0.2.1"), "192.0.2.1:9899");
  EXPECT_EQ(text("192.0.2.1:99"), "192.0.2.1:99");
  EXPECT_EQ(text("2001:db8::1"), "[2001:db8::1]:9899");
  EXPECT_EQ(text("[2001:db8::1]:99"), "[2001:db8::1]:99");
  EXPECT_EQ(text("::ffff:192.0.2.1"), "192.0.2.1:9899") << "mapped";
  for (const char* bad :
       {"", "192.0.2", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x", "[::1",
        "[::1]9", "[::1]:", "host.example", "fe80::1%nosuchinterface"})
    EXPECT_EQ(text(bad), "nothing") << bad;
}

TEST(TransportAddressTest, SurvivesSockaddr) {
  for (const char* in : {"192.0.2.1:99", "[2001:db8::1]:99"}) {
    auto address = *TransportAddress::Parse(in, 1);
    for (bool map : {false, true}) {
      sockaddr_storage raw;
      socklen_t length = address.ToSockaddr(raw, map);
      EXPECT_EQ(TransportAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), length), address);
    }
  }
}

TEST(SettingsTest, DefaultsAreLegalAndNonsenseIsNot) {
  EXPECT_TRUE(Settings().Check().has_value());
  auto legal = [](auto change) {
    Settings settings;
    change(settings);
    return settings.Check().has_value();
  };
  using std::chrono::milliseconds;
  EXPECT_FALSE(legal([](Settings& s) { s.rto_min = milliseconds(5); }));
  EXPECT_FALSE(legal([](Settings& s) { s.rto_initial = milliseconds(50); }));
  EXPECT_FALSE(legal([](Settings& s) { s.heartbeat_interval = milliseconds(9000); }));
  EXPECT_FALSE(legal([](Settings& s) { s.streams = 0; }));
  EXPECT_FALSE(legal([](Settings& s) { s.window_unit_bytes = 65000; }));
  EXPECT_FALSE(legal([](Settings& s) { s.max_message_bytes = 2 << 20; }));
  EXPECT_TRUE(legal([](Settings& s) { s.window_unit_bytes = 0; }));
}

}  // namespace
}  // namespace funnel::sctp
