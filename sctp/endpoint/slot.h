// The endpoint's own: an association, and what the endpoint stores with it.
#pragma once

#include "sctp/endpoint/endpoint.h"

namespace sctp {

struct Endpoint::Slot : Association::Events {
  Slot(Endpoint& owner, std::uint32_t place_in_table, AssociationId own_id, const Place& where)
      : endpoint(owner), number(place_in_table), id(own_id), place(where) {}

  void OnUp() override { endpoint.observer_.OnUp(id, place.address, incoming); }
  void OnDown(DownReason reason, std::string_view text) override {
    endpoint.observer_.OnDown(id, reason, text);
  }
  void OnMessage(StreamId stream, std::uint32_t protocol, MutableByteView message) override {
    endpoint.observer_.OnMessage(id, stream, protocol, message);
  }
  void OnWritable() override { endpoint.observer_.OnWritable(id); }
  void OnMoved(const Address& address, bool failed) override {
    endpoint.Rekey(*this, address);
    endpoint.observer_.OnMoved(id, address, failed);
  }
  [[nodiscard]] std::size_t PacketBytes(const Address& address) const override {
    return endpoint.PacketBytes(address);
  }

  Endpoint& endpoint;
  std::uint32_t number;
  AssociationId id;
  Place place;
  bool incoming = false;
  bool ready = false;  // it is in ready_
  int train = 0;       // packets sent in its present turn
  // What the endpoint has counted of these.
  std::uint64_t retransmitted_chunks = 0, copied_chunks = 0, expired_messages = 0;
  std::unique_ptr<Association> association;
  // Of a peer that claims to have restarted, while the question is being asked.
  std::optional<Cookie> successor;
};

// The header for an answer to HEADER.
[[nodiscard]] inline CommonHeader Turned(const CommonHeader& header, VerificationTag tag) {
  return {header.destination_port, header.source_port, tag};
}

template <typename Write>
void Endpoint::ReplyWith(const Address& to, const CommonHeader& header, Write write) {
  // How many answers to strangers may wait for the socket; further ones are lost, as packets may
  // be.
  constexpr std::size_t kMostReplies = 256;
  constexpr std::size_t kMostReplyBytes = 800;
  if (replies_.size() >= kMostReplies) return;
  Bytes buffer = buffers_.Take();
  buffer.resize(kMostReplyBytes);
  PacketWriter packet(buffer, header);
  write(packet.out());
  buffer.resize(packet.Finish().size());
  replies_.push_back({to, std::move(buffer)});
}

}  // namespace sctp
