#include "common/wire/session/receive_buffer.h"

#include <memory>
#include <utility>

namespace funnel::wire {
namespace {

// What a datagram takes besides its bytes, about.
constexpr std::size_t kEarlyOverhead = 64;

std::size_t CostOf(ByteView datagram) { return datagram.size() + kEarlyOverhead; }

}  // namespace

void ReceiveBuffer::Hold(Session& session, const MessageRecord& message, std::size_t taken) {
  message_bytes_ += message.bytes.size() - taken;
  session.inbox.Hold(message, taken);
}

void ReceiveBuffer::Took(Session& session, Inbox::Held& held, std::size_t count) {
  message_bytes_ -= count;
  session.inbox.Took(held, count);
}

bool ReceiveBuffer::HoldEarly(Session& session, ByteView datagram) {
  auto& early = session.early;
  if (!early) early = std::make_unique<Session::Early>();
  const std::size_t cost = CostOf(datagram);
  if (early->cost + cost > kMaxEarlyOfSession || early_ + cost > kMaxEarly) return false;

  early_ += cost;
  early->cost += cost;
  early->datagrams.emplace_back(datagram.begin(), datagram.end());
  return true;
}

std::vector<Bytes> ReceiveBuffer::TakeEarly(Session& session) {
  const auto early = std::exchange(session.early, nullptr);
  if (!early) return {};
  early_ -= early->cost;
  return std::move(early->datagrams);
}

void ReceiveBuffer::DropAll(Session& session) {
  DropMessages(session);
  (void)TakeEarly(session);
}

}  // namespace funnel::wire
