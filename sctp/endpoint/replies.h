// Answers to packets of no association, until they leave: each is one packet, and leaves before
// those of associations.
//
// Owned by the endpoint.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "sctp/base/buffer_pool.h"
#include "sctp/endpoint/departure.h"
#include "sctp/wire/packet.h"

namespace sctp {

// The header for an answer to HEADER.
[[nodiscard]] inline CommonHeader Turned(const CommonHeader& header, VerificationTag tag) {
  return {header.destination_port, header.source_port, tag};
}

class Replies {
 public:
  // BUFFERS outlives it.
  explicit Replies(BufferPool& buffers) : buffers_(buffers) {}

  // WRITE(BufferWriter&) writes its chunks.
  template <typename Write>
  void Add(const Address& to, const CommonHeader& header, Write write) {
    if (waiting_.size() >= kMost) return;
    Bytes buffer = buffers_.Take(kMostBytes);
    buffer.resize(kMostBytes);
    PacketWriter packet(buffer, header);
    write(packet.out());
    buffer.resize(packet.Finish().size());
    waiting_.push_back({to, std::move(buffer)});
  }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // Writes the next one into BUFFER; nullopt: there is none.
  [[nodiscard]] std::optional<Departure> NextPacket(MutableByteView buffer) {
    if (waiting_.empty()) return std::nullopt;
    Reply reply = std::move(waiting_.front());
    waiting_.pop_front();
    std::copy(reply.packet.begin(), reply.packet.end(), buffer.begin());
    const Departure departure{reply.to, reply.packet.size()};
    buffers_.Give(std::move(reply.packet));
    return departure;
  }

 private:
  // How many may wait for the socket; further ones are lost, as packets may be.
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kMostBytes = 800;
  struct Reply {
    Address to;
    Bytes packet;
  };

  BufferPool& buffers_;
  std::deque<Reply> waiting_;
};

}  // namespace sctp
