#include "tests/sctp/simulator/describe.h"

#include "sctp/wire/forward_tsn_chunk.h"
#include "sctp/wire/packet.h"
#include "sctp/wire/sack_chunk.h"

namespace sctp::testing {
namespace {

std::string DescribeData(const DataView& data) {
  return " " + std::to_string(data.tsn.value()) + " s" + std::to_string(data.stream.value()) +
         " m" + std::to_string(data.mid.value()) + " f" + std::to_string(data.fsn) + " " +
         (data.begin ? "B" : "") + (data.end ? "E" : "") + (data.unordered ? "U" : "") +
         (data.immediate ? "I" : "") + " +" + std::to_string(data.payload.size());
}

std::string DescribeSack(const SackView& sack) {
  std::string text = " " + std::to_string(sack.cumulative.value());
  for (std::size_t i = 0; i < sack.gaps(); ++i)
    text += " [" + std::to_string(sack.gap(i).start) + "-" + std::to_string(sack.gap(i).end) + "]";
  if (sack.duplicates() > 0) text += " dups " + std::to_string(sack.duplicates());
  return text + " w" + std::to_string(sack.window_bytes);
}

}  // namespace

std::string Describe(MutableByteView packet) {
  std::string text;
  ChunkReader chunks(packet.subspan(kCommonHeaderSize));
  while (const auto chunk = chunks.Next()) {
    if (!text.empty()) text += ", ";
    text += Name(chunk->type);
    if (const auto data = DataView::Parse(*chunk)) text += DescribeData(*data);
    if (const auto sack = SackView::Parse(*chunk)) text += DescribeSack(*sack);
    if (const auto skip = ForwardTsnView::Parse(*chunk))
      text += " " + std::to_string(skip->cumulative.value());
  }
  return text;
}

}  // namespace sctp::testing
