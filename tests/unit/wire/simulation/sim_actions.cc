// What the owner of an end does.
#include <algorithm>

#include "tests/unit/wire/simulation/sim_party.h"

namespace funnel::wire::sim {

void Party::Open() {
  if (role_ != Role::kInitiator || ended) return;
  // The address contains the number, so it must be known before.
  const std::uint64_t number = flows.size();
  const Plan plan = Plan::For(scenario_, SessionId(number), most_bytes_);
  const SessionInfo info{std::to_string(number), ""};
  const bool is_flow = plan.kind == Plan::Kind::kDatagrams && Chance(random_, 0.7);
  auto id = is_flow ? channel_->OpenFlow(info) : channel_->OpenSession(info);
  if (!id) return;
  if (id->value() != number) return Fail("sessions are not numbered one by one");
  flows[*id].plan = plan;
}

SessionId Party::Pick(bool& found) {
  found = false;
  if (flows.empty()) return SessionId();
  auto at = flows.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(Below(random_, flows.size())));
  found = !at->second.over;
  return at->first;
}

void Party::SendStream(SessionId id, Flow& flow, std::size_t most) {
  while (most > 0 && flow.sent < flow.plan.bytes[me()]) {
    std::size_t count = std::min<std::uint64_t>(most, flow.plan.bytes[me()] - flow.sent);
    if (Chance(random_, 0.3)) {
      const MutableByteView place = channel_->PrepareBytes(id);
      if (place.empty()) return;
      count = std::min(count, place.size());
      for (std::size_t i = 0; i < count; ++i) place[i] = StreamByte(id, me(), flow.sent + i);
      flow.sent += count;
      channel_->CommitBytes(id, count);
    } else {
      count = std::min<std::size_t>(count, 30'000);
      Bytes bytes(count);
      for (std::size_t i = 0; i < count; ++i) bytes[i] = StreamByte(id, me(), flow.sent + i);
      const std::size_t taken = channel_->SendBytes(id, bytes);
      flow.sent += taken;
      if (taken < count) return;
    }
    most -= count;
  }
  MaybeFin(id, flow);
}

void Party::SendMessages(SessionId id, Flow& flow, std::size_t count) {
  if (!SendRest(id, flow)) return;
  for (; count > 0 && flow.sent_messages.size() < flow.plan.messages[me()]; --count) {
    const std::uint64_t index = flow.sent_messages.size();
    if (Chance(random_, 0.02)) flow.as_bytes = true;
    SentMessage message{};
    message.order = index == 0 ? Order::kFree : static_cast<Order>(Below(random_, 4));
    message.after = index == 0 ? 0 : Below(random_, index);
    message.size = static_cast<std::uint32_t>(
        kMessageHead + (Chance(random_, 0.1) ? Below(random_, 70'000) : Below(random_, 2000)));
    Bytes bytes(message.size, static_cast<std::uint8_t>(index));
    StoreBigEndian<4>(&bytes[0], index);
    StoreBigEndian<4>(&bytes[4], message.size);
    if (flow.as_bytes) message.order = Order::kAfterAll;
    flow.sent_messages.push_back(message);
    if (!SendMessage(id, flow, std::move(bytes))) return;
  }
  MaybeFin(id, flow);
}

bool Party::SendMessage(SessionId id, Flow& flow, Bytes bytes) {
  if (flow.as_bytes) {
    flow.rest = std::move(bytes);
    return SendRest(id, flow);
  }

  const SentMessage& message = flow.sent_messages.back();
  const std::uint64_t after = message.order == Order::kFollows ? flow.numbers[message.after] : 0;
  const bool cut = Chance(random_, 0.2);
  const std::size_t first = cut ? Below(random_, bytes.size() + 1) : bytes.size();
  const ByteView piece = ByteView(bytes).first(first);
  const auto number = cut ? channel_->SendPiece(id, piece, message.order, after)
                          : channel_->SendMessage(id, piece, message.order, after);
  if (!number) {
    flow.sent_messages.pop_back();
    return false;
  }
  if (!cut) {
    flow.numbers.push_back(*number);
    return true;
  }
  flow.rest.assign(bytes.begin() + static_cast<std::ptrdiff_t>(first), bytes.end());
  flow.unit_open = true;
  return Chance(random_, 0.5) && SendRest(id, flow);
}

bool Party::SendRest(SessionId id, Flow& flow) {
  if (flow.as_bytes && !flow.unit_open) {
    const std::size_t taken = channel_->SendBytes(id, flow.rest);
    flow.rest.erase(flow.rest.begin(), flow.rest.begin() + static_cast<std::ptrdiff_t>(taken));
    return flow.rest.empty();
  }
  if (!flow.unit_open) return true;
  // What continues a unit needs no order.
  const auto number = channel_->SendMessage(id, flow.rest, Order::kFree);
  if (!number) return false;
  flow.numbers.push_back(*number);
  flow.rest.clear();
  flow.unit_open = false;
  return true;
}

void Party::SendDatagrams(SessionId id, Flow& flow, std::size_t count) {
  for (; count > 0 && flow.datagrams_sent < flow.plan.messages[me()]; --count) {
    Bytes bytes(4 + (Chance(random_, 0.02) ? Below(random_, 65'500) : Below(random_, 400)));
    const std::uint64_t index = flow.datagrams_sent++;
    StoreBigEndian<4>(&bytes[0], index);
    for (std::size_t i = 4; i < bytes.size(); ++i) bytes[i] = StreamByte(id, me(), index + i);
    if (!channel_->SendDatagram(id, bytes)) return Fail("a live session took no datagram");
  }
}

void Party::MaybeFin(SessionId id, Flow& flow) {
  const bool all = flow.plan.kind == Plan::Kind::kMessages
                       ? flow.sent_messages.size() == flow.plan.messages[me()]
                       : flow.sent == flow.plan.bytes[me()];
  if (!all || flow.fin_sent || !flow.rest.empty() || flow.unit_open) return;
  flow.fin_sent = true;
  channel_->SendFin(id);
  if (flow.fin_seen) flow.over = true;
}

void Party::SendSome() {
  bool found = false;
  const SessionId id = Pick(found);
  if (!found) return;
  Flow& flow = flows[id];
  switch (flow.plan.kind) {
    case Plan::Kind::kStream:
      return SendStream(id, flow, 1 + Below(random_, 20'000));
    case Plan::Kind::kMessages:
      return SendMessages(id, flow, 1 + Below(random_, 3));
    case Plan::Kind::kDatagrams:
      return SendDatagrams(id, flow, 1 + Below(random_, 10));
  }
}

void Party::SendAll() {
  for (auto& [id, flow] : flows) {
    if (flow.over) continue;
    switch (flow.plan.kind) {
      case Plan::Kind::kStream:
        SendStream(id, flow, 100'000);
        break;
      case Plan::Kind::kMessages:
        SendMessages(id, flow, 10);
        break;
      case Plan::Kind::kDatagrams:
        SendDatagrams(id, flow, 100);
        // The initiator's flow expires; the acceptor is notified.
        if (role_ == Role::kInitiator && flow.datagrams_sent == flow.plan.messages[0]) {
          flow.over = true;
          channel_->EndSession(id);
        }
        break;
    }
  }
}

void Party::ReadSome() {
  bool found = false;
  const SessionId id = Pick(found);
  if (!found) return;
  Flow& flow = flows[id];
  flow.hungry = Chance(random_, 0.5);
  flow.appetite = Below(random_, 5000);
  channel_->Resume(id);
}

void Party::ReadAll() {
  for (auto& [id, flow] : flows) {
    if (flow.over) continue;
    flow.hungry = true;
    channel_->Resume(id);
  }
}

void Party::ResetSome() {
  bool found = false;
  const SessionId id = Pick(found);
  if (!found) return;
  flows[id].over = true;
  Chance(random_, 0.5) ? channel_->ResetSession(id, EndCode::kReset) : channel_->FinishAndReset(id);
}

bool Party::AllOver() const {
  return std::all_of(flows.begin(), flows.end(), [](const auto& flow) { return flow.second.over; });
}

}  // namespace funnel::wire::sim
