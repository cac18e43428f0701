// Two endpoints on a good link, and packets of strangers that are put between them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "tests/sctp/simulator/simulation.h"

namespace sctp::testing {

class EndpointTest : public ::testing::Test {
 protected:
  static LinkSettings Wan() {
    LinkSettings link;
    link.bits_per_second = 100e6;
    return link;
  }
  static ChunkType FirstChunk(MutableByteView packet) {
    ChunkReader chunks(packet.subspan(kCommonHeaderSize));
    const auto chunk = chunks.Next();
    return chunk ? chunk->type : ChunkType::kPad;
  }
  // Loses the first COUNT packets that begin with TYPE.
  void Lose(ChunkType type, int count) {
    auto left = std::make_shared<int>(count);
    simulation.filter = [type, left](const Node&, MutableByteView packet) {
      return FirstChunk(packet) != type || (*left)-- <= 0;
    };
  }
  void Exchange() {
    const std::uint64_t a = simulation.a.messages, b = simulation.b.messages;
    EXPECT_EQ(simulation.a.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
    EXPECT_EQ(simulation.b.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
    simulation.Pump();
    EXPECT_TRUE(simulation.RunUntil(
        [&] { return simulation.a.messages == a + 1 && simulation.b.messages == b + 1; },
        std::chrono::seconds(5)));
  }
  Bytes Packet(const CommonHeader& header, const std::function<void(BufferWriter&)>& write) {
    Bytes buffer(1400);
    PacketWriter packet(buffer, header);
    write(packet.out());
    buffer.resize(packet.Finish().size());
    return buffer;
  }

  Simulation simulation{Simulation::Symmetric(Wan(), 1)};
};

}  // namespace sctp::testing
