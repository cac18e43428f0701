// Engines in one process on a network in memory: the test decides what it loses, delays or changes.
// Time is real (an engine reads the clock itself), but nothing sleeps: Run waits for the next timer
// or packet.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <deque>
#include <functional>
#include <map>
#include <stdexcept>

#include "funnel-sctpd/engine/own/own_core.h"
#include "tests/unit/sctpd/engine/engine_log.h"
#include "tests/unit/sctpd/engine/packet_bytes.h"  // IWYU pragma: export

namespace funnel::sctp::test {

using std::chrono::milliseconds;

struct MemoryNetwork {
  struct Packet {
    TransportAddress from;
    Bytes bytes;
    TimePoint due;
  };
  // Returns false to lose the packet, and may change it. The test counts packets itself, from 1 in
  // each direction.
  std::function<bool(const TransportAddress& from, const TransportAddress& to, Bytes& packet)> fate;
  milliseconds delay{0};
  std::map<TransportAddress, std::deque<Packet>> inbox;
  // Limits how many packets a link takes at a time, to simulate a full socket.
  std::size_t capacity_packets = SIZE_MAX;
  std::size_t largest_packet = 0;
  std::uint64_t carried = 0;

  // Further addresses of engines, and to which engine each belongs. Between two addresses of one
  // network (/24) packets come from that network's address.
  std::map<TransportAddress, TransportAddress> alias;
  [[nodiscard]] TransportAddress SourceFor(const TransportAddress& self,
                                           const TransportAddress& to) const {
    for (const auto& [other, main] : alias)
      if (main == self && SameNetwork(other, to)) return other;
    return self;
  }

  void Send(const TransportAddress& self, const TransportAddress& to, Bytes packet) {
    largest_packet = std::max(largest_packet, packet.size());
    TransportAddress from = SourceFor(self, to);
    if (fate && !fate(from, to, packet)) return;
    Deliver(from, to, std::move(packet));
  }
  void Deliver(const TransportAddress& from, const TransportAddress& to, Bytes packet) {
    ++carried;
    auto main = alias.find(to);
    inbox[main == alias.end() ? to : main->second].push_back(
        {from, std::move(packet), Now() + delay});
  }

 private:
  static bool SameNetwork(const TransportAddress& a, const TransportAddress& b) {
    return a.is_ipv6() == b.is_ipv6() &&
           std::equal(a.ip().begin(), a.ip().begin() + 3, b.ip().begin());
  }
};

class MemoryLink : public PacketLink {
 public:
  MemoryLink(MemoryNetwork& network, TransportAddress self) : network_(network), self_(self) {}
  std::vector<int> fds() const override { return {}; }
  bool Reaches(const TransportAddress&) const override { return true; }
  bool Transmit(OutputQueue& queue, EngineCounters& counters) override {
    while (!queue.empty()) {
      const TransportAddress& to = queue.entry(0).route.peer;
      if (network_.inbox[to].size() >= network_.capacity_packets) {
        ++counters.socket_full;
        return false;
      }
      MutableByteView packet = queue.packet(0);
      network_.Send(self_, to, Bytes(packet.begin(), packet.end()));
      ++counters.packets_out;
      counters.bytes_out += packet.size();
      queue.Pop(1);
    }
    return true;
  }
  bool IsFull(int) const override { return true; }
  std::size_t waiting_bytes() const override { return 0; }
  bool Receive(Sink& sink, EngineCounters&) override {
    auto& inbox = network_.inbox[self_];
    for (int i = 0; i < 64; ++i) {
      if (inbox.empty() || inbox.front().due > Now()) return false;
      MemoryNetwork::Packet packet = std::move(inbox.front());
      inbox.pop_front();
      sink.OnPacket({packet.from, {}}, packet.bytes);
    }
    return true;
  }

 private:
  MemoryNetwork& network_;
  TransportAddress self_;
};

// One end: an engine and all that it reported.
struct End : EngineLog {
  SendStatus Send(std::string_view text, unsigned stream = 0, SendOptions options = {}) {
    return engine->Send(ups.back().id, StreamId(static_cast<std::uint16_t>(stream)), AsBytes(text),
                        options);
  }

  TransportAddress address;
  std::unique_ptr<OwnCore> engine;
};

class EngineTest : public ::testing::Test {
 protected:
  // Before the locals of the test are destroyed, to which callbacks refer.
  void TearDown() override { Reset(); }
  // Both ends and the network are new; nobody sends an end.
  void Reset() {
    network.fate = [](auto&, auto&, Bytes&) { return false; };
    for (End* end : {&a, &b}) {
      end->on_message = nullptr;
      end->on_writable = nullptr;
      *end = End();
    }
    network = MemoryNetwork();
  }
  static TransportAddress Address(int host, std::uint16_t port = 9899) {
    return *TransportAddress::Parse("192.0.2." + std::to_string(host), port);
  }
  // Short timers, so that tests are fast.
  static Settings Quick() {
    Settings s;
    s.rto_initial = milliseconds(100);
    s.rto_max = milliseconds(400);
    s.heartbeat = milliseconds(200);
    s.dead_peer_timeout = milliseconds(1000);
    return s;
  }
  void Start(End& end, int host, const Settings& settings = Settings()) {
    end.address = Address(host);
    network.inbox.erase(end.address);
    auto made = OwnCore::Make(settings, std::make_unique<MemoryLink>(network, end.address), end);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    end.engine = std::move(*made);
  }
  // Runs all engines until DONE is true; false if PATIENCE ran out.
  bool Run(std::function<bool()> done, milliseconds patience = milliseconds(5000)) {
    TimePoint deadline = Now() + patience;
    while (!done()) {
      if (Now() > deadline) return false;
      Turn();
      if (!done()) Wait(deadline);
    }
    return true;
  }
  // Sends as soon as there is room.
  void SendSoon(End& end, const std::string& text, unsigned stream = 0, SendOptions options = {}) {
    bool sent = false;  // once: Run asks more than once
    ASSERT_TRUE(Run([&] {
      sent = sent || end.Send(text, stream, options) == SendStatus::kSent;
      return sent;
    }));
  }
  void Turn() {
    for (End* end : ends) {
      if (end->engine == nullptr) continue;
      auto& inbox = network.inbox[end->address];
      if (!inbox.empty() && inbox.front().due <= Now()) end->engine->OnReadable();
      if (Now() >= end->engine->NextTimer()) end->engine->OnTimer();
      end->engine->Flush();
    }
  }
  void RunFor(milliseconds time) {
    Run([] { return false; }, time);
  }
  void Connect(End& from, const End& to) {
    auto id = from.engine->Connect({{to.address}});
    ASSERT_TRUE(id.has_value()) << id.error().message;
  }
  // Brings A and B up, where A connects; throws if that fails, because a test could not continue.
  void Associate(const Settings& settings = Settings()) {
    Start(a, 1, settings);
    Start(b, 2, settings);
    Connect(a, b);
    if (!Run([&] { return a.ups.size() == 1 && b.ups.size() == 1; }))
      throw std::runtime_error("no association");
  }

  MemoryNetwork network;
  End a, b;
  std::vector<End*> ends{&a, &b};

 private:
  void Wait(TimePoint until) {
    for (End* end : ends) {
      if (end->engine == nullptr) continue;
      until = std::min(until, end->engine->NextTimer());
      auto& inbox = network.inbox[end->address];
      if (!inbox.empty()) until = std::min(until, inbox.front().due);
    }
    auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - Now()).count();
    if (left <= 0) return;
    timespec time{left / 1'000'000'000, left % 1'000'000'000};
    ppoll(nullptr, 0, &time, nullptr);
  }
};

}  // namespace funnel::sctp::test
