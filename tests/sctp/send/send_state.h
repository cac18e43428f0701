// The environment for tests of the Sender's parts: a SendState, and the packets that are sent from
// it.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "sctp/send/ack_reader.h"
#include "sctp/send/packet_filler.h"
#include "sctp/wire/packet.h"

namespace sctp::testing {

struct SendStateHarness {
  static constexpr std::size_t kPacketBytes = 1012;  // 980 bytes of payload
  static SenderSettings Settings() {
    SenderSettings settings;
    settings.queue.streams = 16;
    settings.congestion = CongestionLaw::kReno;
    settings.pacing = false;
    return settings;
  }
  SendStateHarness() { state.flow.round_trip.OnSample(std::chrono::milliseconds(40)); }

  // Sends COUNT messages of SIZE bytes, one in each packet, with consecutive TSNs.
  void Send(int count, std::size_t size = 900) {
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(state.messages.Push(StreamId(1), Bytes(size), {}), SendStatus::kSent);
      ASSERT_EQ(FillOne(), 1u);
    }
  }
  // Chunks in the next packet.
  std::size_t FillOne() {
    const std::size_t before = state.counters.chunks + state.counters.retransmitted_chunks;
    Bytes bytes(kPacketBytes);
    BufferWriter out(bytes);
    if (!filler.Ready(now) || !filler.Fill(out, now)) return 0;
    filler.OnPacketSent(kCommonHeaderSize + out.position(), now);
    return state.counters.chunks + state.counters.retransmitted_chunks - before;
  }
  SackOutcome Sack(AckReader& acks, std::uint32_t cumulative, std::vector<GapBlock> gaps = {},
                   std::vector<std::uint32_t> duplicates = {}) {
    std::vector<Tsn> tsns;
    for (std::uint32_t tsn : duplicates) tsns.emplace_back(tsn);
    Bytes bytes(2000);
    BufferWriter out(bytes);
    SackChunk{Tsn(cumulative), 1 << 20, gaps, tsns}.Write(out);
    ChunkReader reader(out.written());
    return acks.OnSack(*SackView::Parse(*reader.Next()), now);
  }

  TimePoint now{std::chrono::seconds(100)};
  BufferPool buffers;
  SendState state{Settings(), Tsn(1), 1 << 20, kPacketBytes, buffers};
  PacketFiller filler{state, kPacketBytes};
};

}  // namespace sctp::testing
