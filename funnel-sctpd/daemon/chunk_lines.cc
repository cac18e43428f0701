#include "funnel-sctpd/daemon/chunk_lines.h"

#include <algorithm>

#include "sctp/wire/control_chunks.h"
#include "sctp/wire/data_chunk.h"
#include "sctp/wire/forward_tsn_chunk.h"
#include "sctp/wire/init_chunk.h"
#include "sctp/wire/sack_chunk.h"
#include "sctp/wire/tlv.h"

namespace funnel::sctpd {
namespace {

using ::sctp::ChunkType;
using ::sctp::ChunkView;
using trace::ByteCount;
using trace::TraceEvent;
using trace::TraceField;

using Fields = std::vector<TraceField>;

// How many of a list are shown; more would make a line that nobody reads.
constexpr std::size_t kMostListed = 8;

TraceField Number(std::string_view name, std::uint64_t value) { return {name, value}; }
TraceField Size(std::size_t size) { return {"size", ByteCount{size}}; }

// "7-9,12": COUNT items, each written by ITEM; "..." after kMostListed.
template <typename Item>
std::string List(std::size_t count, Item item) {
  std::string out;
  for (std::size_t i = 0; i < std::min(count, kMostListed); ++i)
    out += (i == 0 ? "" : ",") + item(i);
  return count > kMostListed ? out + ",..." : out;
}

std::optional<Fields> DescribeData(const ChunkView& chunk) {
  const auto data = ::sctp::DataView::Parse(chunk);
  if (!data) return std::nullopt;
  Fields out{Number("tsn", data->tsn.value()), Number("stream", data->stream.value())};
  if (data->format == ::sctp::DataFormat::kIData) {
    out.push_back(Number("mid", data->mid.value()));
    out.push_back(Number("fsn", data->fsn));
  } else if (!data->unordered) {
    out.push_back(Number("ssn", data->mid.value()));
  }

  out.push_back(Size(data->payload.size()));
  out.push_back({"unordered", data->unordered});
  out.push_back({"begin", data->begin});
  out.push_back({"end", data->end});
  out.push_back({"immediate", data->immediate});
  return out;
}

std::optional<Fields> DescribeSack(const ChunkView& chunk) {
  const auto sack = ::sctp::SackView::Parse(chunk);
  if (!sack) return std::nullopt;
  const std::uint32_t cumulative = sack->cumulative.value();
  Fields out{Number("cumulative", cumulative), {"window", ByteCount{sack->window_bytes}}};
  if (sack->gaps() > 0)
    out.push_back({"gaps", List(sack->gaps(), [&](std::size_t i) {
                     const auto gap = sack->gap(i);
                     return std::to_string(cumulative + gap.start) + "-" +
                            std::to_string(cumulative + gap.end);
                   })});
  if (sack->duplicates() > 0)
    out.push_back({"duplicates", List(sack->duplicates(), [&](std::size_t i) {
                     return std::to_string(sack->duplicate(i).value());
                   })});
  return out;
}

std::optional<Fields> DescribeInit(const ChunkView& chunk) {
  const auto init = ::sctp::InitChunk::Parse(chunk);
  if (!init) return std::nullopt;
  return Fields{Number("tsn", init->initial_tsn.value()),
                {"window", ByteCount{init->window_bytes}},
                Number("out_streams", init->out_streams),
                Number("in_streams", init->in_streams),
                Size(chunk.whole.size())};
}

std::optional<Fields> DescribeForwardTsn(const ChunkView& chunk) {
  const auto forward = ::sctp::ForwardTsnView::Parse(chunk);
  if (!forward) return std::nullopt;
  return Fields{Number("cumulative", forward->cumulative.value()),
                Number("streams", forward->skipped())};
}

std::optional<Fields> DescribeShutdown(const ChunkView& chunk) {
  const auto cumulative = ::sctp::ParseShutdown(chunk);
  if (!cumulative) return std::nullopt;
  return Fields{Number("cumulative", cumulative->value())};
}

// ABORT and ERROR: the codes of their causes (RFC 9260 section 3.3.10).
std::optional<Fields> DescribeCauses(const ChunkView& chunk) {
  ::sctp::TlvReader causes(chunk.body);
  std::vector<std::uint16_t> codes;
  while (const auto cause = causes.Next()) codes.push_back(cause->code);
  if (causes.malformed()) return std::nullopt;

  if (codes.empty()) return Fields{};
  return Fields{
      {"causes", List(codes.size(), [&](std::size_t i) { return std::to_string(codes[i]); })}};
}

std::optional<Fields> FieldsOf(const ChunkView& chunk) {
  switch (chunk.type) {
    case ChunkType::kData:
    case ChunkType::kIData:
      return DescribeData(chunk);
    case ChunkType::kSack:
      return DescribeSack(chunk);
    case ChunkType::kInit:
    case ChunkType::kInitAck:
      return DescribeInit(chunk);
    case ChunkType::kForwardTsn:
    case ChunkType::kIForwardTsn:
      return DescribeForwardTsn(chunk);
    case ChunkType::kShutdown:
      return DescribeShutdown(chunk);
    case ChunkType::kAbort:
    case ChunkType::kError:
      return DescribeCauses(chunk);
    case ChunkType::kHeartbeat:
    case ChunkType::kHeartbeatAck:
    case ChunkType::kCookieEcho:
    case ChunkType::kCookieAck:
    case ChunkType::kShutdownAck:
    case ChunkType::kShutdownComplete:
    case ChunkType::kPad:
      return Fields{Size(chunk.whole.size())};
  }

  return Fields{Number("type", static_cast<std::uint64_t>(chunk.type)), Size(chunk.whole.size())};
}

}  // namespace

TraceEvent DescribeChunk(const ChunkView& chunk) {
  auto fields = FieldsOf(chunk);
  if (!fields)
    return {.kind = TraceEvent::Kind::kChunk,
            .of = {},
            .what = "MALFORMED",
            .fields = {{"type", std::string(Name(chunk.type))}, Size(chunk.whole.size())}};
  const bool known = IsKnown(chunk.type);
  return {.kind = TraceEvent::Kind::kChunk,
          .of = {},
          .what = known ? Name(chunk.type) : "UNKNOWN",
          .fields = *std::move(fields)};
}

}  // namespace funnel::sctpd
