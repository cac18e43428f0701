// UdpLink with full sockets and narrow routes, in its own network namespace, on its loopback and a
// slow pair of devices.
#include "funnel-sctpd/engine/packet/udp_link.h"

#include <gtest/gtest.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include "tests/unit/sctpd/engine/udp_sockets.h"

namespace funnel::sctp {
namespace {

constexpr std::uint16_t kPort = 9899;

// It takes trains as they come.
UniqueFd Receiver(const char* host, std::uint16_t port) {
  UniqueFd fd = Bind(host, port);
  int on = 1, room = 4 << 20;
  EXPECT_EQ(setsockopt(fd.get(), SOL_UDP, UDP_GRO, &on, sizeof on), 0);
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  return fd;
}

std::unique_ptr<UdpLink> Link(std::initializer_list<const char*> hosts) {
  std::vector<UniqueFd> sockets;
  for (const char* host : hosts) sockets.push_back(Bind(host, kPort));
  auto made = UdpLink::Make(std::move(sockets));
  EXPECT_TRUE(made.has_value());
  return std::move(*made);
}

class UdpLinkRoutesTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kPacket = 1400, kCount = 40;

  // A thread has its own namespaces.
  static void InNamespace(const std::function<void()>& body) {
    bool possible = true;
    std::thread([&] {
      possible = unshare(CLONE_NEWNET) == 0;
      if (!possible) return;
      Do("ip link set lo up");
      body();
    }).join();
    if (!possible) GTEST_SKIP() << "no network namespace: " << strerror(errno);
  }
  static void Do(const std::string& command) {
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  void Queue(const TransportAddress& peer, const char* local, std::size_t count,
             std::size_t size = kPacket) {
    Route route{peer, {}};
    if (local != nullptr) route.local = TransportAddress::Parse(local, 1)->ip();
    for (std::size_t i = 0; i < count; ++i) {
      MutableByteView room = queue.Append(route, size);
      ASSERT_FALSE(room.empty());
      std::fill(room.begin(), room.end(), std::uint8_t{1});
    }
  }
  // The largest piece that arrives of kCount packets for TO.
  std::size_t LargestArrival(UdpLink& link, const UniqueFd& to) {
    Queue(LocalAddress(to), nullptr, kCount);
    EXPECT_TRUE(link.Transmit(queue, counters));
    std::size_t largest = 0, bytes = 0;
    Bytes arrival(65536);
    pollfd wait{to.get(), POLLIN, 0};
    while (bytes < kCount * kPacket && poll(&wait, 1, 5000) > 0) {
      ssize_t got = recv(to.get(), arrival.data(), arrival.size(), 0);
      if (got <= 0) break;
      largest = std::max(largest, static_cast<std::size_t>(got));
      bytes += static_cast<std::size_t>(got);
    }
    EXPECT_EQ(bytes, kCount * kPacket);
    return largest;
  }

  OutputQueue queue{64u << 20};
  EngineCounters counters;
};

// A line of 8 kbit/s, and one that is idle.
TEST_F(UdpLinkRoutesTest, FullSocketStopsNoOther) {
  InNamespace([&] {
    Do("ip link add slow type veth peer name far && ip addr add 10.1.0.1/24 dev slow");
    Do("ip link set slow up && ip link set far up");
    Do("ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:01 dev slow nud permanent");
    Do("tc qdisc add dev slow root tbf rate 8kbit burst 2000 limit 100mb");
    Do("ip addr add 10.2.0.1/24 dev lo");
    UniqueFd idle = Receiver("10.2.0.1", 7000);
    auto link = Link({"10.1.0.1", "10.2.0.1"});
    for (int fd : link->fds()) {  // as small as possible
      int size = 1;
      ASSERT_EQ(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    }
    Queue(*TransportAddress::Parse("10.1.0.2", 9899), "10.1.0.1", 100);
    Queue(LocalAddress(idle), "10.2.0.1", 1, 100);
    EXPECT_FALSE(link->Transmit(queue, counters));
    Bytes arrival(200);
    pollfd wait{idle.get(), POLLIN, 0};
    ASSERT_EQ(poll(&wait, 1, 1000), 1) << "it waits behind what another socket is full for";
    EXPECT_EQ(recv(idle.get(), arrival.data(), arrival.size(), 0), 100);

    // Only the full one is worth waiting for.
    EXPECT_TRUE(link->IsFull(link->fds()[0]));
    EXPECT_FALSE(link->IsFull(link->fds()[1]));
    EXPECT_GT(link->waiting_bytes(), 50 * kPacket);
    EXPECT_TRUE(queue.empty());
    // What waits there is limited: by the queue's limit.
    queue = OutputQueue(link->waiting_bytes() + 10 * kPacket);
    const std::uint64_t dropped = counters.output_dropped;
    for (int i = 0; i < 20; ++i) {
      Queue(*TransportAddress::Parse("10.1.0.2", 9899), "10.1.0.1", 1);
      EXPECT_FALSE(link->Transmit(queue, counters));
    }
    EXPECT_GE(counters.output_dropped, dropped + 10);
    EXPECT_LE(link->waiting_bytes(), queue.limit_bytes());
  });
}

TEST_F(UdpLinkRoutesTest, NarrowRouteTakesTrainsFromItsOwnHostOnly) {
  InNamespace([&] {
    Do("ip -6 addr add fd00::1/128 dev lo nodad && ip -6 addr add fd00::9/128 dev lo nodad");
    Do("ip -6 route add local fd00::9 dev lo table local metric 1024 mtu 1300");
    Do("ip -6 route del local fd00::9 dev lo table local metric 0");
    UniqueFd wide = Receiver("fd00::1", 7000), narrow = Receiver("fd00::9", 7000);
    auto link = Link({"::"});
    EXPECT_EQ(LargestArrival(*link, wide), kCount * kPacket);
    EXPECT_EQ(LargestArrival(*link, narrow), kPacket);
    EXPECT_EQ(LargestArrival(*link, wide), kCount * kPacket);
    EXPECT_EQ(counters.socket_errors, 0u);
  });
}

// On the narrow loopback a packet that may be fragmented arrives; one that must stay whole does
// not. That is no fault, and changes nothing for what follows.
TEST_F(UdpLinkRoutesTest, WhatMustStayWholeIsNotCut) {
  InNamespace([&] {
    Do("ip link set lo mtu 1300");
    Do("ip addr add 10.4.0.1/24 dev lo && ip -6 addr add fd00::1/128 dev lo nodad");
    for (const char* host : {"10.4.0.1", "fd00::1"}) {
      UniqueFd to = Receiver(host, 7000);
      auto link = Link({host});

      for (const auto& [size, travel] : {std::pair(1400, OutputQueue::Travel::kAlone),
                                         {1404, OutputQueue::Travel::kWhole},
                                         {1200, OutputQueue::Travel::kWhole},
                                         {1408, OutputQueue::Travel::kAlone}})
        (void)queue.Append({LocalAddress(to), {}}, static_cast<std::size_t>(size), travel);

      EXPECT_TRUE(link->Transmit(queue, counters));
      Bytes arrival(2000);
      for (const ssize_t size : {1400, 1200, 1408}) {
        pollfd wait{to.get(), POLLIN, 0};
        ASSERT_EQ(poll(&wait, 1, 5000), 1) << host;
        EXPECT_EQ(recv(to.get(), arrival.data(), arrival.size(), 0), size) << host;
      }
    }

    EXPECT_EQ(counters.socket_errors, 0u);
    EXPECT_EQ(counters.packets_out, 6u);
  });
}

std::uint16_t InternetChecksum(ByteView bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// "Fragmentation needed, next hop's MTU 600", about a packet of ours.
void ForgeFragmentationNeeded(const TransportAddress& to) {
  ByteWriter out;
  out.U8(ICMP_DEST_UNREACH).U8(ICMP_FRAG_NEEDED).U16(0).U16(0).U16(600);
  out.U8(0x45).U8(0).U16(1428).U16(1).U16(0).U8(64).U8(IPPROTO_UDP).U16(0);
  out.Append(ByteView(to.ip()).first(4)).Append(ByteView(to.ip()).first(4));
  out.U16(9899).U16(to.port()).U16(1408).U16(0).U64(0);
  Bytes packet = out.Release();
  StoreBigEndian<2>(packet.data() + 2, InternetChecksum(packet));
  UniqueFd fd(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
  sockaddr_storage raw;
  socklen_t length = to.ToSockaddr(raw);
  reinterpret_cast<sockaddr_in&>(raw).sin_port = 0;
  ASSERT_EQ(
      sendto(fd.get(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&raw), length),
      static_cast<ssize_t>(packet.size()));
}

TEST_F(UdpLinkRoutesTest, ForgedFragmentationNeededTakesNoTrains) {
  InNamespace([&] {
    Do("ip addr add 10.3.0.1/24 dev lo");
    UniqueFd to = Receiver("10.3.0.1", 7000);
    auto link = Link({"10.3.0.1"});
    EXPECT_EQ(LargestArrival(*link, to), kCount * kPacket);
    ForgeFragmentationNeeded(LocalAddress(to));
    EXPECT_EQ(LargestArrival(*link, to), kCount * kPacket);
  });
}

}  // namespace
}  // namespace funnel::sctp
