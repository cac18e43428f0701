#include "funnel-sctpd/engine/kernel/kernel_association.h"

#include <algorithm>
#include <string>

#include "common/base/log.h"

namespace funnel::sctp {
namespace {

std::string_view Name(KernelAssociation::State state) {
  switch (state) {
    case KernelAssociation::State::kConnecting:
      return "connecting";
    case KernelAssociation::State::kUp:
      return "up";
    case KernelAssociation::State::kEnding:
      return "ending";
  }
  return "?";
}

}  // namespace

void KernelAssociation::SetState(State state, std::string_view reason) {
  if (state == state_) return;
  std::string line(Name(state));
  if (!reason.empty()) line.append(": ").append(reason);
  Log(LogLevel::kDebug, "kernel-sctp", line, {{"ADDRESS", peer.text()}});
  state_ = state;
}

bool KernelAssociation::HasRoom(std::size_t cost, bool large) {
  // A quarter of the buffer is kept for messages of one packet: bulk on one stream must not make a
  // request on another wait until all of it has left.
  std::size_t limit = large ? send_buffer / 4 * 3 : send_buffer;
  if (kernel_used + outbox.cost() + cost <= limit) return true;
  kernel_used = socket.SendBufferUsed();
  return kernel_used + outbox.cost() + cost <= limit;
}

void KernelAssociation::SendOutbox() {
  std::size_t before = outbox.cost();
  auto sent = socket.Send(raw, outbox);
  // It is ending; the kernel is about to say how.
  if (!sent) outbox.Clear();
  kernel_used += before - outbox.cost();
  if (shutdown_owed && outbox.empty()) {
    shutdown_owed = false;
    (void)socket.Shutdown(raw);
  }
}

void KernelAssociation::PreferBest(const std::vector<PathStats>& present) {
  for (const PeerPath& one : offered) {
    auto path = std::find_if(present.begin(), present.end(), [&](const PathStats& other) {
      return other.address.SameHost(one.address);
    });
    if (path == present.end() || path->state == PathState::kSilent ||
        path->state == PathState::kUntried)
      continue;
    if (path != present.begin()) (void)socket.Prefer(raw, path->address);
    return;
  }
}

}  // namespace funnel::sctp
