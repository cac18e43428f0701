// The descriptors of a command's flows: pairs of Unix stream sockets, of which an edge keeps one
// end and passes the other on.
#pragma once

#include <array>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/foreign_fd.h"
#include "common/base/unique_fd.h"
#include "common/wire/frame/types.h"

namespace funnel::ipc {

// By wire::CommandPart.
using FlowFds = std::array<UniqueFd, wire::kCommandParts>;

// All of them non-blocking.
struct FlowPairs {
  FlowFds ours;
  FlowFds theirs;
};
[[nodiscard]] Result<FlowPairs> MakeFlowPairs();

// Sends PACKET on SOCKET, which is SOCK_SEQPACKET, with the descriptors; without any if FLOWS is
// null. Does not wait: an error where it would have to.
[[nodiscard]] Result<> SendFlows(int socket, ByteView packet, const FlowFds* flows);

// One packet, and what came with it. It does not wait; EAGAIN is an error, too. More or fewer
// descriptors than flows are an error, and so is one that is not a Unix stream socket, unless there
// are none at all.
struct ReceivedFlows {
  Bytes packet;
  bool has_flows = false;
  FlowFds flows;
};
[[nodiscard]] Result<ReceivedFlows> ReceiveFlows(int socket);

}  // namespace funnel::ipc
