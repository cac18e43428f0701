#include "tests/sctp/script/chunk_names.h"

#include <utility>

namespace sctp::testing {
namespace {

constexpr std::pair<std::string_view, ChunkType> kNames[] = {
    {"DATA", ChunkType::kData},
    {"INIT", ChunkType::kInit},
    {"INIT_ACK", ChunkType::kInitAck},
    {"SACK", ChunkType::kSack},
    {"HEARTBEAT", ChunkType::kHeartbeat},
    {"HEARTBEAT_ACK", ChunkType::kHeartbeatAck},
    {"ABORT", ChunkType::kAbort},
    {"SHUTDOWN", ChunkType::kShutdown},
    {"SHUTDOWN_ACK", ChunkType::kShutdownAck},
    {"ERROR", ChunkType::kError},
    {"COOKIE_ECHO", ChunkType::kCookieEcho},
    {"COOKIE_ACK", ChunkType::kCookieAck},
    {"SHUTDOWN_COMPLETE", ChunkType::kShutdownComplete},
    {"I_DATA", ChunkType::kIData},
    {"FORWARD_TSN", ChunkType::kForwardTsn},
};

}  // namespace

std::optional<ChunkType> TypeOf(std::string_view name) {
  for (const auto& [known, type] : kNames)
    if (known == name) return type;
  return std::nullopt;
}

std::string NameOf(ChunkType type) {
  for (const auto& [name, known] : kNames)
    if (known == type) return std::string(name);
  return "CHUNK_" + std::to_string(static_cast<int>(type));
}

}  // namespace sctp::testing
