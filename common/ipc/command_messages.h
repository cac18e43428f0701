// What funnelctl sends to a daemon on its control socket, and the answer. The commands of a daemon
// are in its command table (command_table.h); the answers are described in
// funnelctl/status_schema.md and funnelctl/command_schema.md.
#pragma once

#include "common/ipc/codec.h"

namespace funnel::ipc {

struct Command {
  static constexpr MessageType kType = MessageType::kCommand;
  std::uint32_t request = 0;  // the client's own number, which the answer repeats
  std::string name;
  std::vector<std::string> arguments;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.name, self.arguments);
  }
};

// One that brings a listening TCP socket (listening_socket.h).
struct CommandWithSocket : Command {
  static constexpr MessageType kType = MessageType::kCommandWithSocket;
};

enum class ReplyKind : std::uint8_t {
  kMore = 0,    // a piece of the answer; others follow
  kLast = 1,    // the last piece
  kFailed = 2,  // a sentence: why there is no (further) answer
};

// Pieces of JSON text, or lines where the answer is a stream.
struct CommandReply {
  static constexpr MessageType kType = MessageType::kCommandReply;
  static constexpr std::size_t kPieceSize = 64 * 1024;
  std::uint32_t request = 0;
  ReplyKind kind = ReplyKind::kLast;
  Bytes text;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.kind, self.text);
  }
};

}  // namespace funnel::ipc
