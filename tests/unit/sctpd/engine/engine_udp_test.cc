// The engine over real UDP sockets on loopback: batches, offload, both address families.
#include <gtest/gtest.h>
#include <netinet/udp.h>
#include <poll.h>

#include <algorithm>
#include <map>

#include "funnel-sctpd/engine/own/own_engine.h"
#include "funnel-sctpd/engine/packet/udp_link.h"
#include "tests/unit/sctpd/engine/udp_sockets.h"

namespace funnel::sctp {
namespace {

using std::chrono::milliseconds;

struct Peer : EngineObserver {
  void OnUp(AssociationId id, const UpInfo& up) override {
    association = id, info = up, is_up = true;
  }
  void OnDown(AssociationId, DownReason reason, std::string_view) override {
    is_up = false, why = reason;
  }
  void OnMessage(AssociationId, StreamId, std::uint32_t, MutableByteView message) override {
    ++messages;
    bytes += message.size();
  }
  void OnWritable(AssociationId) override { writable = true; }
  void OnMoved(AssociationId, const PeerPath&) override {}

  std::unique_ptr<Engine> engine;
  AssociationId association;
  UpInfo info;
  bool is_up = false, writable = true;
  DownReason why{};
  std::size_t messages = 0, bytes = 0;
};

class EngineUdpTest : public ::testing::Test {
 protected:
  void Start(Peer& peer, const char* host, const char* other_host = nullptr) {
    std::vector<UniqueFd> sockets;
    sockets.push_back(Bind(host));
    addresses[&peer] = LocalAddress(sockets[0]);
    if (other_host != nullptr) {
      sockets.push_back(Bind(other_host));
      other_address = LocalAddress(sockets[1]);
    }
    auto made = MakeOwnEngine({}, std::move(sockets), peer);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    peer.engine = std::move(*made);
  }
  bool Run(std::function<bool()> done, milliseconds patience = milliseconds(10'000)) {
    TimePoint deadline = Now() + patience;
    while (!done()) {
      if (Now() > deadline) return false;

      std::vector<pollfd> polls;
      TimePoint next = deadline;
      for (Peer* peer : {&a, &b}) {
        peer->engine->Flush();  // what was begun since the last turn
        for (int fd : peer->engine->fds()) {
          polls.push_back({fd, POLLIN, 0});
          if (peer->engine->wants_writable(fd)) polls.back().events |= POLLOUT;
        }
        next = std::min(next, peer->engine->NextTimer());
      }

      auto left = std::chrono::ceil<milliseconds>(next - Now()).count();
      poll(polls.data(), polls.size(), static_cast<int>(std::max<long>(0, left)));

      std::size_t i = 0;
      for (Peer* peer : {&a, &b}) {
        bool readable = false;
        for (std::size_t fds = peer->engine->fds().size(); fds > 0; --fds)
          readable |= (polls[i++].revents & POLLIN) != 0;
        if (readable) peer->engine->OnReadable();
        if (Now() >= peer->engine->NextTimer()) peer->engine->OnTimer();
        peer->engine->Flush();
      }
    }
    return true;
  }
  void Associate(const char* host_a, const char* host_b, const char* connect_to) {
    Start(a, host_a);
    Start(b, host_b);
    auto to = *TransportAddress::Parse(connect_to, addresses[&b].port());
    ASSERT_TRUE(a.engine->Connect({{to}}).has_value());
    ASSERT_TRUE(Run([&] { return a.is_up && b.is_up; }));
  }
  // COUNT messages of SIZE bytes from a to b.
  void Transfer(std::size_t count, std::size_t size) {
    Bytes message(size, 'x');
    std::size_t sent = 0, before = b.messages;
    ASSERT_TRUE(Run([&] {
      while (a.writable && sent < count) {
        SendStatus status =
            a.engine->Send(a.association, StreamId(1), message, {.unordered = true});
        if (status != SendStatus::kSent) {
          a.writable = false;
          break;
        }
        ++sent;
      }
      a.engine->Flush();
      return b.messages == before + count;
    }));
  }

  Peer a, b;
  std::map<Peer*, TransportAddress> addresses;
  TransportAddress other_address;
};

TEST_F(EngineUdpTest, CarriesMessagesOverIpv4) {
  Associate("127.0.0.1", "127.0.0.1", "127.0.0.1");
  Transfer(2000, 100);
  Transfer(2000, 1432);
  Transfer(500, 16384);
  EXPECT_EQ(b.bytes, 2000u * 100 + 2000u * 1432 + 500u * 16384);
  EXPECT_EQ(a.engine->counters().socket_errors, 0u);
}

TEST_F(EngineUdpTest, CarriesMessagesOverIpv6) {
  Associate("::1", "::1", "::1");
  Transfer(500, 1000);
  Transfer(100, 16384);
}

TEST_F(EngineUdpTest, OneIpv6SocketServesIpv4) {
  Associate("127.0.0.1", "::", "127.0.0.1");
  EXPECT_EQ(b.info.peer, addresses[&a]);
  Transfer(500, 1000);
}

TEST_F(EngineUdpTest, AnswersLeaveFromTheAddressThatWasAsked) {
  Associate("127.0.0.1", "0.0.0.0", "127.0.0.99");
  Transfer(100, 1000);
  EXPECT_TRUE(a.is_up);
}

TEST_F(EngineUdpTest, EachOfSeveralAddressesOfOursAnswers) {
  for (bool other : {false, true}) {
    SCOPED_TRACE(other);
    a = Peer(), b = Peer();
    Start(a, "127.0.0.1");
    Start(b, "127.0.0.2", "127.0.0.3");
    TransportAddress to = other ? other_address : addresses[&b];
    ASSERT_TRUE(a.engine->Connect({{to}}).has_value());
    ASSERT_TRUE(Run([&] { return a.is_up && b.is_up; }));
    Transfer(500, 1000);
    EXPECT_EQ(a.info.peer, to);
    EXPECT_EQ(b.info.peer, addresses[&a]);
  }
}

// To 127.0.0.1 the kernel sends from 127.0.0.1.
TEST_F(EngineUdpTest, ConnectsFromTheAddressThatTheKernelWouldTake) {
  Start(a, "127.0.0.7", "127.0.0.1");
  Start(b, "127.0.0.1");
  ASSERT_TRUE(a.engine->Connect({{addresses[&b]}}).has_value());
  ASSERT_TRUE(Run([&] { return a.is_up && b.is_up; }));
  EXPECT_EQ(b.info.peer, other_address);
  Transfer(500, 1000);
}

TEST_F(EngineUdpTest, EndsWhenTheOtherEngineGoes) {
  Associate("127.0.0.1", "127.0.0.1", "127.0.0.1");
  b.engine.reset();
  Start(b, "127.0.0.1");
  EXPECT_TRUE(Run([&] { return !a.is_up; }, milliseconds(1000)));
  EXPECT_EQ(a.why, DownReason::kAborted);
}

TEST_F(EngineUdpTest, RefusesSocketsThatAreNotItsKind) {
  auto make = [&](std::vector<UniqueFd> sockets) {
    return MakeOwnEngine({}, std::move(sockets), a).has_value();
  };
  EXPECT_FALSE(make({}));
  std::vector<UniqueFd> tcp;
  tcp.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(make(std::move(tcp)));
  std::vector<UniqueFd> two;
  two.push_back(Bind("127.0.0.1"));
  two.push_back(Bind("127.0.0.1"));
  EXPECT_FALSE(make(std::move(two)));
  std::vector<UniqueFd> both;
  both.push_back(Bind("127.0.0.1"));
  both.push_back(Bind("::1"));
  EXPECT_TRUE(make(std::move(both)));
}

// Sends trains of all lengths through two links and checks every byte.
TEST(UdpLinkTest, TrainsArriveAsTheirPackets) {
  UniqueFd from = Bind("127.0.0.1"), to = Bind("127.0.0.1");
  TransportAddress from_address = LocalAddress(from), to_address = LocalAddress(to);
  std::vector<UniqueFd> one, two;
  one.push_back(std::move(from));
  two.push_back(std::move(to));
  auto sender = UdpLink::Make(std::move(one)), receiver = UdpLink::Make(std::move(two));
  ASSERT_TRUE(sender.has_value() && receiver.has_value());

  OutputQueue queue(4 << 20);
  std::vector<Bytes> expected;
  for (std::size_t i = 0; i < 600; ++i) {
    Bytes packet(i % 7 == 0 ? 1464 : i % 50 < 40 ? 700 : 1 + i, static_cast<std::uint8_t>(i));
    auto room = queue.Append({to_address, {}}, packet.size());
    std::copy(packet.begin(), packet.end(), room.begin());
    expected.push_back(std::move(packet));
  }
  struct Collector : PacketLink::Sink {
    void OnPacket(const Route& route, MutableByteView packet) override {
      from = route.peer;
      packets.emplace_back(packet.begin(), packet.end());
    }
    TransportAddress from;
    std::vector<Bytes> packets;
  } collector;
  EngineCounters counters;
  ASSERT_TRUE((*sender)->Transmit(queue, counters));
  TimePoint deadline = Now() + std::chrono::seconds(5);
  while (collector.packets.size() < expected.size() && Now() < deadline) {
    pollfd wait{(*receiver)->fds()[0], POLLIN, 0};
    poll(&wait, 1, 100);
    while ((*receiver)->Receive(collector, counters)) {
    }
  }
  EXPECT_EQ(collector.packets, expected);
  EXPECT_EQ(collector.from, from_address);
  EXPECT_EQ(counters.packets_out, expected.size());
}

// The largest piece that arrives of 40 packets of 500 bytes, at a socket that takes trains whole.
std::size_t LargestArrival(OutputQueue::Travel travel) {
  UniqueFd to = Bind("127.0.0.1");
  int on = 1;
  EXPECT_EQ(setsockopt(to.get(), SOL_UDP, UDP_GRO, &on, sizeof on), 0);

  std::vector<UniqueFd> from;
  from.push_back(Bind("127.0.0.1"));
  auto link = UdpLink::Make(std::move(from));
  OutputQueue queue(1 << 20);
  for (int i = 0; i < 40; ++i) {
    auto room = queue.Append({LocalAddress(to), {}}, 500, travel);
    std::fill(room.begin(), room.end(), std::uint8_t{1});
  }

  EngineCounters counters;
  EXPECT_TRUE((*link)->Transmit(queue, counters));
  EXPECT_EQ(counters.packets_out, 40u);

  std::size_t largest = 0, bytes = 0;
  Bytes arrival(65536);
  pollfd wait{to.get(), POLLIN, 0};
  while (bytes < 40 * 500 && poll(&wait, 1, 5000) > 0) {
    ssize_t got = recv(to.get(), arrival.data(), arrival.size(), 0);
    EXPECT_GT(got, 0);
    largest = std::max(largest, static_cast<std::size_t>(got));
    bytes += static_cast<std::size_t>(got);
  }

  EXPECT_EQ(bytes, 40u * 500);
  return largest;
}

TEST(UdpLinkTest, WhatMustTravelAloneIsInNoTrain) {
  EXPECT_EQ(LargestArrival(OutputQueue::Travel::kInTrains), 40u * 500);
  EXPECT_EQ(LargestArrival(OutputQueue::Travel::kAlone), 500u);
}

}  // namespace
}  // namespace funnel::sctp
