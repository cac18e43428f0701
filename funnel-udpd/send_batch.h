// Datagrams to be sent: collected during a turn, sent at its end with few system calls. Neighbours
// of the same size, destination and mark become one UDP_SEGMENT message (udp(7)), the others one
// sendmmsg(2) for each socket.
//
// What the socket does not take is dropped and counted, as any network drops what it cannot carry.
#pragma once

#include <memory>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/socket_address.h"
#include "common/event/loop.h"

namespace funnel::udpd {

class SendBatch {
 public:
  struct Totals {
    std::uint64_t sent = 0, blocked = 0, refused = 0, errors = 0;
    // Larger than the path takes, on a socket that cuts none; and the last of them.
    std::uint64_t too_large = 0;
    SocketAddress too_large_for;
    std::size_t too_large_bytes = 0;
  };

  // It sends by itself at the end of each turn in which something was added, or when this much
  // waits.
  static constexpr std::size_t kMaxWaitingBytes = 1 << 20;
  explicit SendBatch(event::Loop& loop);

  // FD must stay open until the turn's end or Flush(). TO is AF_UNSPEC for a connected socket; FROM
  // is the address to send from, AF_UNSPEC if the kernel may choose. DSCP is what the packet is
  // marked with, which takes a TO; PREFACE is sent ahead of DATAGRAM in the same packet. Copies the
  // bytes.
  void Add(int fd, const SocketAddress& to, const SocketAddress& from, ByteView datagram,
           std::uint8_t dscp = 0, ByteView preface = {});
  // Call it before a socket is closed; otherwise it is called as said above.
  void Flush();
  // Counted since the last call.
  [[nodiscard]] Totals TakeTotals();
  // Called after each Flush() that sent something.
  void set_on_flushed(std::function<void()> on_flushed) { on_flushed_ = std::move(on_flushed); }

 private:
  struct Entry {
    int fd;
    SocketAddress to, from;
    std::size_t at, size;
    std::uint8_t dscp;
  };
  struct Message;

  // Sends entries [FIRST, LAST), all of one socket.
  void SendRun(std::size_t first, std::size_t last);
  // How many entries, beginning with FIRST, can be sent as one train (GSO).
  [[nodiscard]] std::size_t SegmentsFrom(std::size_t first, std::size_t last) const;
  // Sends all of them; one that fails does not stop those after it.
  void SendMessages(int fd, std::vector<Message>& messages);
  // Sends one by one, if the kernel does not segment a train.
  void SendSingly(std::size_t first, std::size_t count);
  // Makes the headers for MESSAGE's entries.
  void Fill(Message& message) const;
  // DATAGRAMS, the first of them ENTRY, were lost with ERROR: the socket was full, refused, or
  // another error.
  void CountFailure(int error, std::size_t datagrams, const Entry& entry);

  Bytes bytes_;
  std::vector<Entry> entries_;
  Totals totals_;
  std::function<void()> on_flushed_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::udpd
