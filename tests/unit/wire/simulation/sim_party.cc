#include "tests/unit/wire/simulation/sim_party.h"

#include <algorithm>

namespace funnel::wire::sim {
namespace {

std::uint64_t Hash(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ x >> 27) * 0x94D049BB133111EBull;
  return x ^ x >> 31;
}

}  // namespace

Plan Plan::For(std::uint64_t scenario, SessionId id, std::uint64_t most_bytes) {
  const std::uint64_t base = Hash(scenario * 1000003 + id.value());
  Plan plan{};
  plan.kind = base % 5 == 0 ? Kind::kMessages : base % 5 == 1 ? Kind::kDatagrams : Kind::kStream;
  for (int side = 0; side < 2; ++side) {
    const std::uint64_t h = Hash(base + static_cast<unsigned>(side) + 1);
    plan.bytes[side] = h % 7 == 0 ? 0 : (h >> 8) % most_bytes;
    plan.messages[side] = (h >> 8) % 40;
  }
  return plan;
}

void Party::Fail(const std::string& what) {
  if (failure.empty()) failure = (role_ == Role::kInitiator ? "initiator: " : "acceptor: ") + what;
}

Flow* Party::FlowOf(SessionId session, const char* callback) {
  auto found = flows.find(session);
  if (ended) Fail(std::string(callback) + " after the end");
  if (found == flows.end() || found->second.over) {
    Fail(std::string(callback) + " for a session that is not");
    return nullptr;
  }
  return &found->second;
}

void Party::OnConfirmed() {
  if (confirmed) Fail("confirmed twice");
  confirmed = true;
}

void Party::OnSessionOpened(SessionId session, const SessionInfo& info) {
  if (flows.contains(session)) return Fail("opened twice");
  if (info.client != std::to_string(session.value())) Fail("wrong client address");
  flows[session].plan = Plan::For(scenario_, session, most_bytes_);
}

void Party::OnDatagram(SessionId session, ByteView datagram) {
  Flow* flow = FlowOf(session, "datagram");
  if (!flow) return;
  if (flow->plan.kind != Plan::Kind::kDatagrams || datagram.size() < 4)
    return Fail("datagram of a wrong session");
  const auto index = LoadBigEndian<4>(datagram.data());
  if (index >= other_->flows[session].datagrams_sent) return Fail("datagram that was never sent");
  if (flow->datagrams_seen.size() <= index) flow->datagrams_seen.resize(index + 1);
  if (flow->datagrams_seen[index]) return Fail("datagram delivered twice");
  flow->datagrams_seen[index] = true;
  ++datagrams_received;
  for (std::size_t i = 4; i < datagram.size(); ++i)
    if (datagram[i] != StreamByte(session, peer(), index + i)) return Fail("datagram altered");
}

std::size_t Party::OnMessage(SessionId session, ByteView bytes) {
  Flow* flow = FlowOf(session, "message");
  if (!flow || flow->fin_seen) {
    Fail("bytes after the end of a direction");
    return bytes.size();
  }
  const std::size_t taken = flow->hungry ? bytes.size() : std::min(bytes.size(), flow->appetite);
  if (!flow->hungry) flow->appetite -= taken;
  if (flow->plan.kind == Plan::Kind::kMessages)
    CheckMessages(session, *flow, bytes.first(taken));
  else
    CheckStream(session, *flow, bytes.first(taken));
  if (Chance(random_, 0.002)) {  // a callback may end its own session
    flow->over = true;
    channel_->ResetSession(session, EndCode::kReset);
  }
  return taken;
}

void Party::CheckStream(SessionId id, Flow& flow, ByteView bytes) {
  for (std::uint8_t byte : bytes) {
    if (byte != StreamByte(id, peer(), flow.received)) return Fail("stream is no prefix");
    ++flow.received;
  }
  if (flow.received > other_->flows[id].sent) Fail("more than was sent");
}

void Party::CheckMessages(SessionId id, Flow& flow, ByteView bytes) {
  flow.parsing += AsText(bytes);
  while (flow.parsing.size() >= kMessageHead) {
    const ByteView head = AsBytes(flow.parsing);
    const std::uint64_t index = LoadBigEndian<4>(head.data());
    const std::uint64_t size = LoadBigEndian<4>(head.data() + 4);
    const auto& sent = other_->flows[id].sent_messages;
    if (index >= sent.size() || sent[index].size != size)
      return Fail("messages are not whole and separate");
    if (flow.parsing.size() < size) return;
    CheckOrder(id, flow, index);
    flow.parsing.erase(0, size);
  }
}

void Party::CheckOrder(SessionId id, Flow& flow, std::uint64_t index) {
  auto& seen = flow.messages_seen;
  if (seen.size() <= index) seen.resize(index + 1);
  if (seen[index]) return Fail("message delivered twice");

  const SentMessage& message = other_->flows[id].sent_messages[index];
  switch (message.order) {
    case Order::kFree:
      break;
    case Order::kOrdered:
      if (index > 0 && !seen[index - 1]) Fail("message before its predecessor");
      break;
    case Order::kFollows:
      if (!seen[message.after]) Fail("message before the one it follows");
      break;
    case Order::kAfterAll:
      if (std::find(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(index), false) !=
          seen.begin() + static_cast<std::ptrdiff_t>(index))
        Fail("message before all below it");
      break;
  }

  seen[index] = true;
}

void Party::OnFin(SessionId session) {
  Flow* flow = FlowOf(session, "fin");
  if (!flow) return;
  if (flow->fin_seen) return Fail("fin twice");
  flow->fin_seen = true;
  const Flow& theirs = other_->flows[session];
  if (!theirs.fin_sent) return Fail("fin that was never sent");
  if (flow->received != theirs.sent) return Fail("fin before all bytes");
  const auto seen = std::count(flow->messages_seen.begin(), flow->messages_seen.end(), true);
  if (static_cast<std::size_t>(seen) != theirs.sent_messages.size())
    return Fail("fin before all messages");
  if (flow->fin_sent) flow->over = true;
}

void Party::OnSessionReset(SessionId session, EndCode) {
  if (Flow* flow = FlowOf(session, "reset")) flow->over = true;
}

void Party::OnWritable(SessionId session) {
  Flow* flow = FlowOf(session, "writable");
  if (flow && flow->plan.kind == Plan::Kind::kStream && Chance(random_, 0.5))
    SendStream(session, *flow, 20'000);
}

void Party::OnRekeyToken(Epoch next, ByteView token) {
  if (AsText(token) != "token " + std::to_string(next.value())) Fail("rekey token altered");
  rekey_token = next;
}

void Party::OnEnded(EndCode, const std::string& text, bool clean) {
  if (ended) Fail("ended twice");
  ended = true;
  ended_clean = clean;
  end_text = text;
  for (auto& [id, flow] : flows)
    if (!flow.over) Fail("the channel ended before its sessions");
}

}  // namespace funnel::wire::sim
