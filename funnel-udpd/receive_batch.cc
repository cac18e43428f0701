#include "funnel-udpd/receive_batch.h"

#include <netinet/in.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdlib>

namespace funnel::udpd {
namespace {

// IP_PKTINFO or IPV6_PKTINFO, and IP_TOS or IPV6_TCLASS.
constexpr std::size_t kReceiveControlSize =
    CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) + 2 * CMSG_SPACE(sizeof(int));
// Above ECN's two bits (RFC 3168, section 5).
constexpr int kDscpShift = 2;

std::uint8_t FromTrafficClass(const msghdr& header) {
  for (const cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr;
       at = CMSG_NXTHDR(const_cast<msghdr*>(&header), const_cast<cmsghdr*>(at))) {
    if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_TOS)
      return static_cast<std::uint8_t>(*CMSG_DATA(at) >> kDscpShift);
    if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_TCLASS) {
      int traffic_class = 0;
      std::memcpy(&traffic_class, CMSG_DATA(at), sizeof traffic_class);
      return static_cast<std::uint8_t>((traffic_class & 0xff) >> kDscpShift);
    }
  }

  return 0;
}

SocketAddress FromPacketInfo(const msghdr& header) {
  for (const cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr;
       at = CMSG_NXTHDR(const_cast<msghdr*>(&header), const_cast<cmsghdr*>(at))) {
    if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(at), sizeof info);
      sockaddr_in address{.sin_family = AF_INET, .sin_addr = info.ipi_spec_dst};
      return *SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(at), sizeof info);
      sockaddr_in6 address{.sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr};
      if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) || IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
        address.sin6_scope_id = info.ipi6_ifindex;
      return *SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
  }

  return {};
}

}  // namespace

struct ReceiveBatch::Slot {
  iovec vector;
  sockaddr_storage source;
  alignas(cmsghdr) std::uint8_t control[kReceiveControlSize];
};

ReceiveBatch::ReceiveBatch() : slots_(new Slot[kDatagrams]), headers_(new mmsghdr[kDatagrams]) {
  void* room = mmap(nullptr, kDatagrams * kRoom, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  // It is four megabytes of address space at the start of a process: without it nothing works.
  if (room == MAP_FAILED) std::abort();
  room_ = static_cast<std::uint8_t*>(room);
}

ReceiveBatch::~ReceiveBatch() {
  munmap(room_, kDatagrams * kRoom);
  delete[] slots_;
  delete[] headers_;
}

Result<int> ReceiveBatch::Receive(int fd) {
  for (int i = 0; i < kDatagrams; ++i) {
    Slot& slot = slots_[i];
    slot.vector = {room_ + static_cast<std::size_t>(i) * kRoom, kRoom};
    headers_[i].msg_hdr = {.msg_name = &slot.source,
                           .msg_namelen = sizeof slot.source,
                           .msg_iov = &slot.vector,
                           .msg_iovlen = 1,
                           .msg_control = slot.control,
                           .msg_controllen = sizeof slot.control,
                           .msg_flags = 0};
  }

  const int got = recvmmsg(fd, headers_, kDatagrams, MSG_DONTWAIT, nullptr);
  if (got >= 0) return got;
  if (errno == EAGAIN || errno == EINTR) return 0;
  return FailErrno("recvmmsg");
}

ByteView ReceiveBatch::payload(int index) const {
  return {room_ + static_cast<std::size_t>(index) * kRoom, headers_[index].msg_len};
}

SocketAddress ReceiveBatch::source(int index) const {
  const msghdr& header = headers_[index].msg_hdr;
  return SocketAddress::FromSockaddr(static_cast<const sockaddr*>(header.msg_name),
                                     header.msg_namelen)
      .value_or(SocketAddress());
}

SocketAddress ReceiveBatch::destination(int index) const {
  return FromPacketInfo(headers_[index].msg_hdr);
}

std::uint8_t ReceiveBatch::dscp(int index) const {
  return FromTrafficClass(headers_[index].msg_hdr);
}

bool ReceiveBatch::truncated(int index) const {
  return (headers_[index].msg_hdr.msg_flags & MSG_TRUNC) != 0;
}

}  // namespace funnel::udpd
