// What sctp/ reads of a packet: framing, every chunk, parameters and causes.
#include "sctp/wire/control_chunks.h"
#include "sctp/wire/forward_tsn_chunk.h"
#include "sctp/wire/init_chunk.h"
#include "sctp/wire/packet.h"
#include "sctp/wire/sack_chunk.h"
#include "tests/fuzz/entry.h"

using namespace sctp;

namespace {

// What was read, written again, is what was there (reserved bits aside, which CHANGED masks).
template <typename Write>
Bytes Again(std::size_t size, Write write) {
  Bytes buffer(size + 8);
  BufferWriter out(buffer);
  write(out);
  FUZZ_REQUIRE(out.ok());
  buffer.resize(out.position());
  return buffer;
}

void Data(const ChunkView& chunk) {
  const auto view = DataView::Parse(chunk);
  if (!view) return;
  DataChunk again{{view->format, view->tsn, view->stream, view->unordered, view->begin, view->end,
                   view->immediate, view->mid, view->fsn, view->protocol, ByteView(view->payload)}};
  Bytes bytes = Again(chunk.whole.size(), [&](BufferWriter& out) { again.Write(out); });
  ChunkReader reader(bytes);
  const auto back = DataView::Parse(*reader.Next());
  FUZZ_REQUIRE(back && back->tsn == view->tsn && back->mid == view->mid && back->fsn == view->fsn);
  FUZZ_REQUIRE(back->payload.size() == view->payload.size());
}

void Sack(const ChunkView& chunk) {
  const auto view = SackView::Parse(chunk);
  if (!view) return;
  std::vector<GapBlock> gaps;
  std::vector<Tsn> duplicates;
  for (std::size_t i = 0; i < view->gaps(); ++i) gaps.push_back(view->gap(i));
  for (std::size_t i = 0; i < view->duplicates(); ++i) duplicates.push_back(view->duplicate(i));
  const SackChunk again{view->cumulative, view->window_bytes, gaps, duplicates};
  const Bytes bytes = Again(chunk.whole.size(), [&](BufferWriter& out) { again.Write(out); });
  FUZZ_REQUIRE(std::equal(bytes.begin() + 4, bytes.end(), chunk.body.begin(), chunk.body.end()));
}

void Forward(const ChunkView& chunk) {
  const auto view = ForwardTsnView::Parse(chunk);
  if (!view) return;
  std::vector<Skipped> skipped;
  for (std::size_t i = 0; i < view->skipped(); ++i) skipped.push_back(view->at(i));
  const ForwardTsnChunk again{view->format, view->cumulative, skipped};
  Bytes bytes = Again(chunk.whole.size(), [&](BufferWriter& out) { again.Write(out); });
  ChunkReader reader(bytes);
  const auto back = ForwardTsnView::Parse(*reader.Next());
  FUZZ_REQUIRE(back && back->skipped() == skipped.size());
  for (std::size_t i = 0; i < skipped.size(); ++i) FUZZ_REQUIRE(back->at(i) == skipped[i]);
}

void Tlvs(ByteView bytes) {
  TlvReader reader(bytes);
  std::size_t total = 0;
  while (const auto tlv = reader.Next()) total += kTlvHeaderSize + tlv->value.size();
  FUZZ_REQUIRE(total <= bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, data + size);
  const auto packet = PacketView::Parse(bytes, Checksum::kVerified);
  if (!packet) return 0;
  ChunkReader chunks(packet->chunks);
  while (const auto chunk = chunks.Next()) {
    (void)Name(chunk->type);
    Data(*chunk);
    Sack(*chunk);
    Forward(*chunk);
    Tlvs(chunk->body);
    if (const auto init = InitChunk::Parse(*chunk)) Tlvs(init->parameters);
    (void)ParseShutdown(*chunk);
    (void)ParseHeartbeat(*chunk);
  }
  return 0;
}
