#include "common/wire/session/receive_buffer.h"

#include <memory>
#include <utility>

namespace funnel::wire {

void ReceiveBuffer::Hold(Session& session, const MessageRecord& message, std::size_t taken) {
  message_bytes_ += message.bytes.size() - taken;
  session.inbox.Hold(message, taken);
}

void ReceiveBuffer::Took(Session& session, Inbox::Held& held, std::size_t count) {
  message_bytes_ -= count;
  session.inbox.Took(held, count);
}

bool ReceiveBuffer::HoldEarly(Session& session, ByteView datagram) {
  auto& early = session.early_datagrams;
  if (!early) early = std::make_unique<std::vector<Bytes>>();
  if (early->size() == kMaxEarlyDatagrams ||
      early_bytes_ + datagram.size() > kMaxEarlyDatagramBytes)
    return false;

  early_bytes_ += datagram.size();
  early->emplace_back(datagram.begin(), datagram.end());
  return true;
}

std::vector<Bytes> ReceiveBuffer::TakeEarly(Session& session) {
  const auto early = std::exchange(session.early_datagrams, nullptr);
  if (!early) return {};
  for (const Bytes& datagram : *early) early_bytes_ -= datagram.size();
  return std::move(*early);
}

void ReceiveBuffer::DropAll(Session& session) {
  DropMessages(session);
  (void)TakeEarly(session);
}

}  // namespace funnel::wire
