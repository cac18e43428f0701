#include "funnel-sctpd/engine/packet/udp_batch.h"

#include <netinet/udp.h>

#include <cstring>

namespace funnel::sctp {

void UdpBatch::Fill(std::size_t i, const Route& route, bool ipv6_socket, MutableByteView train,
                    std::size_t segment, std::size_t count) {
  packets[i] = count;
  vectors[i] = {train.data(), train.size()};
  msghdr& header = messages[i].msg_hdr;
  header = {};
  header.msg_namelen = route.peer.ToSockaddr(names[i], /*map_ipv4=*/ipv6_socket);
  header.msg_name = &names[i];
  header.msg_iov = &vectors[i];
  header.msg_iovlen = 1;
  header.msg_control = controls[i].bytes;
  header.msg_controllen = sizeof controls[i].bytes;
  std::memset(controls[i].bytes, 0, sizeof controls[i].bytes);

  cmsghdr* c = CMSG_FIRSTHDR(&header);
  std::size_t used = 0;
  auto add = [&](int level, int type, const void* data, std::size_t size) {
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(c), data, size);
    used += CMSG_SPACE(size);
    c = CMSG_NXTHDR(&header, c);
  };
  if (count > 1) {
    auto size = static_cast<std::uint16_t>(segment);
    add(SOL_UDP, UDP_SEGMENT, &size, sizeof size);
  }
  if (route.local != Route{}.local) {
    if (route.peer.is_ipv6()) {
      in6_pktinfo info{};
      std::memcpy(&info.ipi6_addr, route.local.data(), 16);
      add(IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    } else if (!ipv6_socket) {
      in_pktinfo info{};
      std::memcpy(&info.ipi_spec_dst, route.local.data(), 4);
      add(IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
      in6_pktinfo info{};
      info.ipi6_addr.s6_addr[10] = info.ipi6_addr.s6_addr[11] = 0xff;
      std::memcpy(info.ipi6_addr.s6_addr + 12, route.local.data(), 4);
      add(IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
  }
  header.msg_controllen = used;
  if (used == 0) header.msg_control = nullptr;
}

}  // namespace funnel::sctp
