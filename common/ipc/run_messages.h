// What an edge says to funnel-run, which runs a command at the other node, and to funnel-exec,
// which runs it here. Either is one packet, with the descriptors of the command's flows
// (flow_descriptors.h); the rest is said on the control flow (common/command).
#pragma once

#include "common/ipc/codec.h"

namespace funnel::ipc {

// Whether the user may run the command. With an empty refusal the descriptors come with it.
struct RunAnswer {
  static constexpr MessageType kType = MessageType::kRunAnswer;
  std::string refusal;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.refusal);
  }
};

// Start the service's command.
struct Exec {
  static constexpr MessageType kType = MessageType::kExec;
  std::string peer;       // the next hop's configured name
  std::string principal;  // who opened the channel
  std::string user;       // who asks, as that side says
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.peer, self.principal, self.user);
  }
};

}  // namespace funnel::ipc
