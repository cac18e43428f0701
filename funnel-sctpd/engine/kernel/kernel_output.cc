// KernelCore's way out: messages into outboxes, outboxes into the kernel.
#include <algorithm>

#include "funnel-sctpd/engine/kernel/kernel_core.h"

namespace funnel::sctp {

SendStatus KernelCore::Send(AssociationId id, StreamId stream, ByteView message,
                            const SendOptions& options) {
  KernelAssociation* association = table_.Find(id);
  if (association == nullptr || association->state() != KernelAssociation::State::kUp)
    return SendStatus::kGone;
  if (message.empty() || stream.value() >= association->streams) return SendStatus::kGone;
  if (message.size() > settings_.max_message_bytes) return SendStatus::kTooLarge;

  bool large = message.size() > association->max_unfragmented;
  if (!association->HasRoom(KernelOutbox::Cost(message.size()), large)) {
    ++counters_.sends_full;
    waiters_.AddWaiting(id, Now());
    return SendStatus::kFull;
  }

  if (association->outbox.empty()) waiters_.AddUnsent(id);
  association->outbox.Push(stream, message, options, Now());
  ++association->messages_out;
  ++counters_.messages_out;
  association->bytes_out += message.size();
  counters_.bytes_out += message.size();
  return SendStatus::kSent;
}

void KernelCore::SendOutboxes() {
  for (AssociationId id : waiters_.TakeUnsent()) {
    KernelAssociation* association = table_.Find(id);
    if (association == nullptr || association->outbox.empty()) continue;
    association->SendOutbox();
    if (association->outbox.empty()) continue;
    waiters_.KeepUnsent(id, Now());
  }
}

void KernelCore::LookForRoom() {
  for (AssociationId id : waiters_.BeginLook()) {
    KernelAssociation* association = table_.Find(id);
    if (association == nullptr) {
      waiters_.EndWaiting(id);
      continue;
    }
    if (!association->outbox.empty()) association->SendOutbox();
    const bool waits = waiters_.waits(id);
    // An eighth more than a message needs, so that one hint is good for several.
    bool writable =
        waits && association->HasRoom(std::min(association->send_buffer / 4,
                                               KernelOutbox::Cost(settings_.max_message_bytes)),
                                      /*large=*/true);
    if (writable) {
      waiters_.EndWaiting(id);
      observer_.OnWritable(id);
      waiters_.OnRoom();
    } else if (waits || !association->outbox.empty()) {
      waiters_.LookAgain(Now());
    }
  }
}

}  // namespace funnel::sctp
