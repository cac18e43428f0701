// KernelCore's way out: messages into outboxes, outboxes into the kernel.
#include <algorithm>

#include "funnel-sctpd/engine/kernel/kernel_core.h"

namespace funnel::sctp {
namespace {

using namespace std::chrono_literals;

// How long to wait for room in a send buffer: short while it drains, longer while it does not.
constexpr Duration kShortestLook = 2ms;
constexpr Duration kLongestLook = 32ms;

}  // namespace

bool KernelCore::HasRoom(KernelAssociation& association, std::size_t cost, bool large) const {
  // A quarter of the buffer is kept for messages of one packet: bulk on one stream must not make a
  // request on another wait until all of it has left.
  std::size_t limit = large ? association.send_buffer / 4 * 3 : association.send_buffer;
  if (association.kernel_used + association.outbox.cost() + cost <= limit) return true;
  association.kernel_used = association.socket.SendBufferUsed();
  return association.kernel_used + association.outbox.cost() + cost <= limit;
}

SendStatus KernelCore::Send(AssociationId id, StreamId stream, ByteView message,
                            const SendOptions& options) {
  KernelAssociation* association = Find(id);
  if (association == nullptr || association->state() != KernelAssociation::State::kUp)
    return SendStatus::kGone;
  if (message.empty() || stream.value() >= association->streams) return SendStatus::kGone;
  if (message.size() > settings_.max_message_bytes) return SendStatus::kTooLarge;

  bool large = message.size() > association->max_unfragmented;
  if (!HasRoom(*association, KernelOutbox::Cost(message.size()), large)) {
    ++counters_.sends_full;
    waiting_.insert(id);
    look_interval_ = kShortestLook;
    look_ = std::min(look_, Now() + look_interval_);
    return SendStatus::kFull;
  }

  if (association->outbox.empty()) unsent_.push_back(id);
  association->outbox.Push(stream, message, options, Now());
  ++association->messages_out;
  ++counters_.messages_out;
  association->bytes_out += message.size();
  counters_.bytes_out += message.size();
  return SendStatus::kSent;
}

void KernelCore::SendOutbox(KernelAssociation& association) {
  std::size_t before = association.outbox.cost();
  auto sent = association.socket.Send(association.raw, association.outbox);
  // It is ending; the kernel is about to say how.
  if (!sent) association.outbox.Clear();
  association.kernel_used += before - association.outbox.cost();
  if (association.shutdown_owed && association.outbox.empty()) {
    association.shutdown_owed = false;
    (void)association.socket.Shutdown(association.raw);
  }
}

void KernelCore::SendOutboxes() {
  std::vector<AssociationId> ids;
  ids.swap(unsent_);
  for (AssociationId id : ids) {
    KernelAssociation* association = Find(id);
    if (association == nullptr || association->outbox.empty()) continue;
    SendOutbox(*association);
    if (association->outbox.empty()) continue;
    // The kernel has no room: not before the next look.
    unsent_.push_back(id);
    if (look_ == TimePoint::max()) look_ = Now() + (look_interval_ = kShortestLook);
  }
}

void KernelCore::LookForRoom() {
  look_ = TimePoint::max();
  look_interval_ = std::clamp<Duration>(look_interval_ * 2, kShortestLook, kLongestLook);
  // Not all associations: the idle ones cost nothing.
  std::unordered_set<AssociationId> ids = waiting_;
  ids.insert(unsent_.begin(), unsent_.end());

  for (AssociationId id : ids) {
    KernelAssociation* association = Find(id);
    if (association == nullptr) {
      waiting_.erase(id);
      continue;
    }
    if (!association->outbox.empty()) SendOutbox(*association);
    const bool waits = waiting_.contains(id);
    // An eighth more than a message needs, so that one hint is good for several.
    bool writable = waits && HasRoom(*association,
                                     std::min(association->send_buffer / 4,
                                              KernelOutbox::Cost(settings_.max_message_bytes)),
                                     /*large=*/true);
    if (writable) {
      waiting_.erase(id);
      observer_.OnWritable(id);
      look_interval_ = kShortestLook;
    } else if (waits || !association->outbox.empty()) {
      look_ = Now() + look_interval_;
    }
  }
}

}  // namespace funnel::sctp
