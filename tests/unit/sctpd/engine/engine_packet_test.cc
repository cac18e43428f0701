// What the engine does with packets as bytes: checksum, cutting, inspection.
#include <gtest/gtest.h>
#include <usrsctp.h>

#include <random>

#include "common/base/crc32c.h"
#include "common/base/text.h"
#include "funnel-sctpd/engine/packet/inspect.h"
#include "funnel-sctpd/engine/packet/packet.h"
#include "funnel-sctpd/engine/packet/split.h"

namespace funnel::sctp {
namespace {

Bytes RandomBytes(std::mt19937& random, std::size_t size) {
  Bytes out(size);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
  return out;
}

TEST(Crc32cTest, AgreesWithUsrsctp) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 3000; size += 1 + size / 7) {
    Bytes bytes = RandomBytes(random, size);
    EXPECT_EQ(Crc32c(bytes), usrsctp_crc32c(bytes.data(), size)) << size;
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

// --- split

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

// --- inspect

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

// --- UserInitiatedReason

TEST(UserInitiatedReasonTest, IsTheTextOfThatCause) {
  const Bytes causes = {0, 12, 0, 7, 'b', 'y', 'e', 0};
  EXPECT_EQ(UserInitiatedReason(causes), "bye");
}

TEST(UserInitiatedReasonTest, EndsWhereTheChunkEnds) {
  const Bytes causes = {0, 12, 0, 200, 'b', 'y', 'e'};
  EXPECT_EQ(UserInitiatedReason(causes), "bye");
}

TEST(UserInitiatedReasonTest, IsEmptyForOtherAndMalformedCauses) {
  EXPECT_EQ(UserInitiatedReason({}), "");
  EXPECT_EQ(UserInitiatedReason(Bytes{0, 12, 0}), "");
  EXPECT_EQ(UserInitiatedReason(Bytes{0, 12, 0, 3, 'x'}), "");
  EXPECT_EQ(UserInitiatedReason(Bytes{0, 13, 0, 7, 'b', 'y', 'e', 0}), "");
}

}  // namespace
}  // namespace funnel::sctp
