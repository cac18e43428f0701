#include "funnel-sctpd/engine/packet/udp_receiver.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace funnel::sctp {
namespace {

constexpr std::size_t kReceiveMessages = 16;
// What GRO can join into one.
constexpr std::size_t kReceiveBytes = 65536;

union PacketInfo {
  in_pktinfo v4;
  in6_pktinfo v6;
};

struct Arrival {
  std::size_t segment = 0;  // 0: one packet
  std::array<std::uint8_t, 16> local{};
};

Arrival ReadControl(msghdr& header) {
  Arrival out;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
      int segment;
      std::memcpy(&segment, CMSG_DATA(c), sizeof segment);
      out.segment = static_cast<std::size_t>(std::max(segment, 0));
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::memcpy(out.local.data(), &info.ipi_spec_dst, 4);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      if (IN6_IS_ADDR_V4MAPPED(&info.ipi6_addr))
        std::memcpy(out.local.data(), info.ipi6_addr.s6_addr + 12, 4);
      else
        std::memcpy(out.local.data(), &info.ipi6_addr, 16);
    }
  }
  return out;
}

// PACKET without its IPv4 header; empty if that is not whole.
MutableByteView BehindIpv4Header(MutableByteView packet) {
  std::size_t header = packet.empty() ? 0 : (packet[0] & 0xfu) * 4u;
  return packet.subspan(std::min(header, packet.size()));
}

}  // namespace

struct UdpReceiver::Buffers {
  struct Control {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(PacketInfo))];
  };
  mmsghdr messages[kReceiveMessages];
  iovec vectors[kReceiveMessages];
  sockaddr_storage names[kReceiveMessages];
  Control controls[kReceiveMessages];
  // Not a vector: its pages become resident only as far as packets fill them.
  std::unique_ptr<std::uint8_t[]> bytes{new std::uint8_t[kReceiveMessages * kReceiveBytes]};

  void Reset();
};

UdpReceiver::UdpReceiver() : buffers_(new Buffers) {}
UdpReceiver::~UdpReceiver() = default;

void UdpReceiver::Buffers::Reset() {
  for (std::size_t i = 0; i < kReceiveMessages; ++i) {
    vectors[i] = {bytes.get() + i * kReceiveBytes, kReceiveBytes};
    msghdr& header = messages[i].msg_hdr;
    header = {};
    header.msg_name = &names[i];
    header.msg_namelen = sizeof names[i];
    header.msg_iov = &vectors[i];
    header.msg_iovlen = 1;
    header.msg_control = controls[i].bytes;
    header.msg_controllen = sizeof controls[i].bytes;
  }
}

bool UdpReceiver::Receive(int fd, bool with_ipv4_header, PacketLink::Sink& sink,
                          EngineCounters& counters) {
  buffers_->Reset();
  int got = ::recvmmsg(fd, buffers_->messages, kReceiveMessages, MSG_DONTWAIT, nullptr);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) ++counters.socket_errors;
    return false;
  }

  for (int i = 0; i < got; ++i) {
    msghdr& header = buffers_->messages[i].msg_hdr;
    auto peer = TransportAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&buffers_->names[i]),
                                               header.msg_namelen);
    if (!peer) continue;

    Arrival arrival = ReadControl(header);
    MutableByteView rest(buffers_->bytes.get() + static_cast<std::size_t>(i) * kReceiveBytes,
                         buffers_->messages[i].msg_len);
    if (with_ipv4_header) rest = BehindIpv4Header(rest);

    std::size_t segment = arrival.segment == 0 ? rest.size() : arrival.segment;
    while (!rest.empty()) {
      std::size_t size = std::min(segment, rest.size());
      sink.OnPacket({*peer, arrival.local}, rest.first(size));
      rest = rest.subspan(size);
    }
  }
  return got == static_cast<int>(kReceiveMessages);
}

}  // namespace funnel::sctp
