#include "sctp/wire/chunk.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sctp {
namespace {

constexpr std::array<std::pair<ChunkType, std::string_view>, 17> kNames{{
    {ChunkType::kData, "DATA"},
    {ChunkType::kInit, "INIT"},
    {ChunkType::kInitAck, "INIT ACK"},
    {ChunkType::kSack, "SACK"},
    {ChunkType::kHeartbeat, "HEARTBEAT"},
    {ChunkType::kHeartbeatAck, "HEARTBEAT ACK"},
    {ChunkType::kAbort, "ABORT"},
    {ChunkType::kShutdown, "SHUTDOWN"},
    {ChunkType::kShutdownAck, "SHUTDOWN ACK"},
    {ChunkType::kError, "ERROR"},
    {ChunkType::kCookieEcho, "COOKIE ECHO"},
    {ChunkType::kCookieAck, "COOKIE ACK"},
    {ChunkType::kShutdownComplete, "SHUTDOWN COMPLETE"},
    {ChunkType::kIData, "I-DATA"},
    {ChunkType::kPad, "PAD"},
    {ChunkType::kForwardTsn, "FORWARD-TSN"},
    {ChunkType::kIForwardTsn, "I-FORWARD-TSN"},
}};

const auto* Find(ChunkType type) {
  return std::find_if(kNames.begin(), kNames.end(),
                      [type](const auto& entry) { return entry.first == type; });
}

}  // namespace

std::string_view Name(ChunkType type) {
  const auto* found = Find(type);
  return found == kNames.end() ? "unknown" : found->second;
}

bool IsKnown(ChunkType type) { return Find(type) != kNames.end(); }

std::optional<ChunkView> ChunkReader::Next() {
  if (rest_.empty() || malformed_) return std::nullopt;
  std::size_t length = 0;
  if (rest_.size() >= kChunkHeaderSize) length = funnel::LoadBigEndian<2>(rest_.data() + 2);
  if (length < kChunkHeaderSize || length > rest_.size()) {
    malformed_ = true;
    return std::nullopt;
  }
  const ChunkView chunk{static_cast<ChunkType>(rest_[0]), rest_[1],
                        rest_.subspan(kChunkHeaderSize, length - kChunkHeaderSize),
                        rest_.first(length)};
  // The last chunk's padding may be missing.
  rest_ = rest_.subspan(std::min(Padded(length), rest_.size()));
  return chunk;
}

}  // namespace sctp
