// Datagrams on their way out: collected during a turn, sent at its end with few system calls.
// Neighbours of one size and destination become one UDP_SEGMENT message (udp(7)), the rest one
// sendmmsg(2) a socket.
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
  };

  // Sends by itself at the end of each turn in which something was added, or when this much waits.
  static constexpr std::size_t kMaxWaitingBytes = 1 << 20;
  explicit SendBatch(event::Loop& loop);

  // FD stays open until the turn's end or Flush(). TO is AF_UNSPEC on a connected socket; FROM is
  // the address to send from, AF_UNSPEC for the kernel's choice. Copies the bytes.
  void Add(int fd, const SocketAddress& to, const SocketAddress& from, ByteView datagram);
  // Before a socket is closed, and by itself as said above.
  void Flush();
  // Since the last call.
  [[nodiscard]] Totals TakeTotals();
  // Called after each Flush() that sent something.
  void set_on_flushed(std::function<void()> on_flushed) { on_flushed_ = std::move(on_flushed); }

 private:
  struct Entry {
    int fd;
    SocketAddress to, from;
    std::size_t at, size;
  };
  struct Message;

  // Sends entries [FIRST, LAST), all of one socket.
  void SendRun(std::size_t first, std::size_t last);
  // How many entries from FIRST on can leave as one train (GSO).
  [[nodiscard]] std::size_t SegmentsFrom(std::size_t first, std::size_t last) const;
  // Sends all; one that fails does not hold up those behind it.
  void SendMessages(int fd, std::vector<Message>& messages);
  // One by one; for a train that the kernel would not segment.
  void SendSingly(std::size_t first, std::size_t count);
  // Makes the headers of what MESSAGE's entries are.
  void Fill(Message& message) const;
  // DATAGRAMS were lost with ERROR: blocked, refused or another error.
  void CountFailure(int error, std::size_t datagrams);

  Bytes bytes_;
  std::vector<Entry> entries_;
  Totals totals_;
  std::function<void()> on_flushed_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::udpd
