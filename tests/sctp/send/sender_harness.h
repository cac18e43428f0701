// A sender alone: this reads its packets and makes SACKs.
#pragma once

#include <gtest/gtest.h>

#include "sctp/send/sender.h"
#include "sctp/wire/forward_tsn_chunk.h"
#include "sctp/wire/packet.h"

namespace sctp::testing {

class SenderHarness {
 public:
  static constexpr std::size_t kPacketBytes = 1012;  // 980 bytes of payload
  explicit SenderHarness(const Sender::Settings& settings = DefaultSettings())
      : sender(settings, Tsn(1), 1 << 20, kPacketBytes, buffers) {
    sender.OnRoundTrip(std::chrono::milliseconds(40));
  }
  static Sender::Settings DefaultSettings() {
    Sender::Settings settings;
    settings.queue.streams = 16;
    settings.round_trip = {std::chrono::seconds(1), std::chrono::milliseconds(200),
                           std::chrono::seconds(10)};
    settings.congestion = CongestionLaw::kReno;
    settings.pacing = false;
    return settings;
  }

  SendStatus Push(std::size_t size, const SendOptions& options = {}, std::uint16_t stream = 1) {
    return sender.Push(StreamId(stream), Bytes(size, 0x5a), options);
  }
  // The TSNs of the data in the next packet; empty if there is none. Skips go to `skips`.
  std::vector<std::uint32_t> Packet() {
    if (!sender.Ready(now)) return {};

    Bytes buffer(kPacketBytes);
    PacketWriter packet(buffer, {});
    if (!sender.Fill(packet.out(), now)) return {};
    const MutableByteView whole = packet.Finish();
    sender.OnPacketSent(whole.size(), now);
    EXPECT_TRUE(sender.InvariantsHold());

    std::vector<std::uint32_t> tsns;
    ChunkReader reader(whole.subspan(kCommonHeaderSize));
    while (const auto chunk = reader.Next()) {
      if (const auto data = DataView::Parse(*chunk)) {
        tsns.push_back(data->tsn.value());
        immediate = data->immediate;
      }
      if (const auto skip = ForwardTsnView::Parse(*chunk)) {
        skipped_to = skip->cumulative.value();
        skips.clear();
        for (std::size_t i = 0; i < skip->skipped(); ++i) skips.push_back(skip->at(i));
      }
    }
    return tsns;
  }
  // The TSNs in all packets that can be sent now.
  std::vector<std::uint32_t> Packets() {
    std::vector<std::uint32_t> all;
    for (;;) {
      const auto tsns = Packet();
      if (tsns.empty()) return all;
      all.insert(all.end(), tsns.begin(), tsns.end());
    }
  }
  Sender::SackOutcome Sack(std::uint32_t cumulative, std::vector<GapBlock> gaps = {},
                           std::vector<std::uint32_t> duplicates = {},
                           std::uint32_t window = 1 << 20) {
    std::vector<Tsn> tsns;
    for (std::uint32_t tsn : duplicates) tsns.emplace_back(tsn);
    Bytes buffer(2000);
    BufferWriter out(buffer);
    SackChunk{Tsn(cumulative), window, gaps, tsns}.Write(out);
    ChunkReader reader(out.written());
    const auto outcome = sender.OnSack(*SackView::Parse(*reader.Next()), now);
    EXPECT_TRUE(sender.InvariantsHold());
    return outcome;
  }
  void Timer() {
    sender.OnTimer(now);
    EXPECT_TRUE(sender.InvariantsHold());
  }

  TimePoint now{std::chrono::seconds(100)};
  BufferPool buffers;
  Sender sender;
  bool immediate = false;  // of the last chunk seen
  std::uint32_t skipped_to = 0;
  std::vector<Skipped> skips;
};

}  // namespace sctp::testing
