#include "tests/sctp/simulator/simulation.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/sctp/simulator/describe.h"

namespace sctp::testing {

Node::Node(Simulation& owner, const EndpointSettings& settings, std::uint8_t number,
           std::uint64_t seed)
    : simulation(owner), random(seed) {
  address.host[15] = number;
  address.port = 9899;
  other_address = address;
  other_address.host[14] = 1;
  Restart(settings);
}

void Node::Restart(const EndpointSettings& settings) {
  endpoint = std::make_unique<Endpoint>(settings, random, *this, simulation.now);
  up = false;
}

void Node::OnUp(AssociationId association, const Address&, bool) {
  id = association;
  up = true;
  ++ups;
}

void Node::OnDown(AssociationId association, DownReason reason, std::string_view) {
  downs.push_back(reason);
  if (association == id) up = false;
}

void Node::OnMessage(AssociationId, StreamId stream, std::uint32_t, MutableByteView message) {
  ++messages;
  bytes += message.size();
  if (on_message) on_message(stream, message);
}

void Node::OnWritable(AssociationId) {
  if (on_writable) on_writable();
}

void Node::OnMoved(AssociationId, const Address& peer, bool) { moves.push_back(peer); }

SendStatus Node::Send(StreamId stream, ByteView message, const SendOptions& options) {
  return endpoint->Send(id, stream, message, options, simulation.now);
}

namespace {

EndpointSettings WithPort(EndpointSettings settings, std::uint16_t port) {
  if (settings.port == 0) settings.port = port;
  return settings;
}

}  // namespace

Simulation::Settings Simulation::Symmetric(const LinkSettings& link, std::uint64_t seed) {
  Settings settings;
  settings.to_a = settings.to_b = link;
  settings.seed = seed;
  // Nobody is verified here, and windows are what a test is about.
  settings.a.unverified_bytes = settings.b.unverified_bytes = std::size_t{1} << 30;
  return settings;
}

Simulation::Simulation(const Settings& settings)
    : to_b(settings.to_b, settings.seed * 4 + 1),
      to_a(settings.to_a, settings.seed * 4 + 2),
      other_to_b(settings.other_to_b, settings.seed * 4 + 5),
      other_to_a(settings.other_to_a, settings.seed * 4 + 6),
      a(*this, WithPort(settings.a, 5001), 1, settings.seed * 4 + 3),
      b(*this, WithPort(settings.b, 5002), 2, settings.seed * 4 + 4) {}

bool Simulation::Connect() {
  const auto id = a.endpoint->Connect(b.address, 5002, now);
  if (!id) return false;
  a.id = *id;
  Pump();
  return RunUntil([this] { return a.up && b.up; }, std::chrono::minutes(5));
}

void Simulation::At(TimePoint time, std::function<void()> function) {
  events_.push({time, order_++, nullptr, {}, nullptr, std::move(function)});
}

void Simulation::Inject(Node& to, const Address& from, Bytes packet) {
  events_.push({now, order_++, &to, from, std::make_shared<Bytes>(std::move(packet)), {}});
}

void Simulation::PumpNode(Node& from, Node& to, Link& link, Link& other) {
  std::uint8_t buffer[2048];
  while (const auto departure = from.endpoint->NextPacket(buffer, now)) {
    const MutableByteView packet = MutableByteView(buffer).first(departure->size);
    if (filter && !filter(from, packet)) continue;
    const bool by_other = departure->to == to.other_address;
    const Link::Arrivals arrivals =
        (by_other ? other : link).Send(packet.size(), !departure->must_stay_whole, now);
    if (trace_)
      std::printf("%.3f %s %s%s\n",
                  std::chrono::duration<double, std::milli>(now.time_since_epoch()).count(),
                  &from == &a ? ">" : "<", Describe(packet).c_str(), arrivals.first ? "" : " LOST");
    if (!arrivals.first || (!by_other && departure->to != to.address)) continue;
    const Address& source = by_other ? from.other_address : from.address;
    const auto bytes = std::make_shared<Bytes>(packet.begin(), packet.end());
    events_.push({*arrivals.first, order_++, &to, source, bytes, {}});
    if (arrivals.second)
      events_.push({*arrivals.second, order_++, &to, source, std::make_shared<Bytes>(*bytes), {}});
  }
}

void Simulation::Pump() {
  PumpNode(a, b, to_b, other_to_b);
  PumpNode(b, a, to_a, other_to_a);
  Check(a);
  Check(b);
}

void Simulation::Check(const Node& node) const {
  const Association* association = node.association();
  if (association == nullptr || association->sender() == nullptr) return;
  ASSERT_TRUE(association->sender()->InvariantsHold());
  ASSERT_LE(association->receiver()->held_bytes(),
            3 * association->receiver()->window_bytes() + 2000);
  if (!association->sender()->drained() && !association->down()) {
    ASSERT_NE(node.endpoint->NextTimer(), TimePoint::max());
  }
}

bool Simulation::RunUntil(TimePoint end, const std::function<bool()>& done) {
  while (!done()) {
    TimePoint next = std::min(a.endpoint->NextTimer(), b.endpoint->NextTimer());
    if (!events_.empty()) next = std::min(next, events_.top().time);
    if (next > end) {
      now = std::max(now, end);
      return false;
    }

    now = std::max(now, next);
    if (!events_.empty() && events_.top().time <= now) {
      const Event event = events_.top();
      events_.pop();
      if (event.function)
        event.function();
      else
        event.to->endpoint->OnPacket(event.from, *event.packet, Checksum::kVerify, now);
    }

    a.endpoint->OnTimer(now);
    b.endpoint->OnTimer(now);
    Pump();
    if (::testing::Test::HasFatalFailure()) return false;
  }
  return true;
}

}  // namespace sctp::testing
