// A buffer to receive many datagrams with one system call, shared by all sockets of the process.
// Only the pages that datagrams reach are touched, so it costs what is really received.
#pragma once

#include <sys/socket.h>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/socket_address.h"

namespace funnel::udpd {

class ReceiveBatch {
 public:
  static constexpr int kDatagrams = 64;
  // One more than the largest UDP payload over IPv4 (65,507), rounded up to whole pages.
  static constexpr std::size_t kRoom = 65536;

  ReceiveBatch();
  ~ReceiveBatch();
  ReceiveBatch(const ReceiveBatch&) = delete;
  ReceiveBatch& operator=(const ReceiveBatch&) = delete;

  // Returns how many datagrams came (0: none waits). The error is that of recvmmsg(2).
  [[nodiscard]] Result<int> Receive(int fd);

  // The bytes of the INDEXth datagram of the last Receive(); valid until the next.
  [[nodiscard]] ByteView payload(int index) const;
  // Who sent it; AF_UNSPEC on a connected socket.
  [[nodiscard]] SocketAddress source(int index) const;
  // The address to which it was sent, from the packet's control data, with port 0 (needs IP_PKTINFO
  // or IPV6_RECVPKTINFO); AF_UNSPEC if the kernel did not report it. What was sent to an IPv4 group
  // or broadcast address has the address of this host that answers it; of IPv6 it is the group,
  // with the interface as its scope.
  [[nodiscard]] SocketAddress destination(int index) const;
  // The DSCP of the packet in which it came (needs ReportMark, socket_options.h); 0: none.
  [[nodiscard]] std::uint8_t dscp(int index) const;
  [[nodiscard]] bool truncated(int index) const;

 private:
  struct Slot;
  std::uint8_t* room_ = nullptr;
  Slot* slots_ = nullptr;
  mmsghdr* headers_ = nullptr;
};

}  // namespace funnel::udpd
