// Chunks in the other's name, with numbers near to those that would be right, or not.
#pragma once

#include <vector>

#include "sctp/wire/cause.h"
#include "sctp/wire/control_chunks.h"
#include "sctp/wire/forward_tsn_chunk.h"
#include "sctp/wire/init_chunk.h"
#include "sctp/wire/sack_chunk.h"

namespace sctp::fuzz {

// What a fuzz target takes its decisions from.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  // Zeros behind the end.
  std::uint8_t U8() {
    if (rest_.empty()) return 0;
    const std::uint8_t byte = rest_[0];
    rest_ = rest_.subspan(1);
    return byte;
  }
  std::uint16_t U16() { return static_cast<std::uint16_t>(U8() << 8 | U8()); }
  // -128 to 127.
  std::uint32_t Delta() {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<std::int8_t>(U8())));
  }
  ByteView Take(std::size_t size) {
    const ByteView taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  ByteView rest_;
};

class ForgedChunks {
 public:
  // EXPECTED is the TSN that the receiver waits for; ACKED the last of its own that the other has.
  ForgedChunks(Tsn expected, Tsn acked) : expected_(expected), acked_(acked) {}

  // One, as IN has it.
  void Add(BufferWriter& out, Input& in) const {
    if (out.space() < 400) return;
    const std::uint8_t kind = in.U8();
    const bool other_form = (kind & 0x80) != 0;
    switch (kind % 12) {
      case 0:
      case 1:
        Data(out, other_form ? DataFormat::kData : DataFormat::kIData, in);
        return;
      case 2:
        Sack(out, in);
        return;
      case 3:
        Forward(out, other_form ? DataFormat::kData : DataFormat::kIData, in);
        return;
      case 4:
        WriteShutdown(out, acked_ + in.Delta());
        return;
      case 5:
        WriteChunk(out, ChunkType::kShutdownAck, 0, {});
        return;
      case 6:
        WriteChunk(out, ChunkType::kShutdownComplete, in.U8() & 1, {});
        return;
      case 7:
        WriteChunk(out, ChunkType::kAbort, in.U8() & 1, {});
        return;
      case 8:
        StaleCookie(out);
        return;
      case 9:
        Init(out, other_form ? ChunkType::kInit : ChunkType::kInitAck, in);
        return;
      default: {
        const auto type = static_cast<ChunkType>(in.U8());
        WriteChunk(out, type, kind >> 4, in.Take(in.U8() % 64));
        return;
      }
    }
  }

 private:
  void Data(BufferWriter& out, DataFormat format, Input& in) const {
    DataChunk data;
    data.format = format;
    data.tsn = expected_ + in.Delta();
    const std::uint8_t bits = in.U8();
    data.begin = (bits & 1) != 0;
    data.end = (bits & 2) != 0;
    data.unordered = (bits & 4) != 0;
    data.immediate = (bits & 8) != 0;
    data.stream = StreamId(bits >> 4 == 15 ? 500 : bits >> 4);
    data.mid = Mid(in.Delta());
    data.fsn = in.U8();
    const Bytes payload(in.U8());
    data.payload = payload;
    data.Write(out);
  }

  void Sack(BufferWriter& out, Input& in) const {
    std::vector<GapBlock> gaps;
    std::vector<Tsn> duplicates;
    const Tsn cumulative = acked_ + in.Delta();
    const std::uint8_t counts = in.U8();
    std::uint16_t at = 1;
    for (int i = counts % 8; i > 0; --i) {
      const auto start = static_cast<std::uint16_t>(at + in.U8() % 16);
      at = static_cast<std::uint16_t>(start + in.U8() % 32);
      gaps.push_back({start, at});
      at = static_cast<std::uint16_t>(at + 2);
    }
    for (int i = counts / 8 % 8; i > 0; --i) duplicates.push_back(acked_ + in.Delta());
    const std::uint32_t window = (counts & 0x80) != 0 ? 0 : 65'536;
    SackChunk{cumulative, window, gaps, duplicates}.Write(out);
  }

  void Forward(BufferWriter& out, DataFormat format, Input& in) const {
    std::vector<Skipped> skipped;
    const Tsn cumulative = expected_ + in.Delta();
    for (int i = in.U8() % 4; i > 0; --i) {
      const StreamId stream(in.U8() % 20);
      skipped.push_back({stream, (i & 1) != 0, Mid(in.Delta())});
    }
    ForwardTsnChunk{format, cumulative, skipped}.Write(out);
  }

  static void StaleCookie(BufferWriter& out) {
    ChunkScope error(out, ChunkType::kError, 0);
    WriteCause(out, CauseCode::kStaleCookie, Bytes(4));
    error.End();
  }

  static void Init(BufferWriter& out, ChunkType type, Input& in) {
    ChunkScope chunk(out, type, 0);
    InitChunk init;
    init.tag = VerificationTag(in.U8());
    init.window_bytes = in.U16();
    init.out_streams = in.U8();
    init.in_streams = in.U8();
    init.initial_tsn = Tsn(in.U8());
    init.WriteFixed(out);
    chunk.End();
  }

  Tsn expected_, acked_;
};

}  // namespace sctp::fuzz
