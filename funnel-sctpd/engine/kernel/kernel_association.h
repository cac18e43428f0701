// One association of the kernel engine: its socket, and what the kernel does not keep.
//
// Owned by the table (kernel_table.h).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "funnel-sctpd/engine/kernel/kernel_outbox.h"
#include "funnel-sctpd/engine/kernel/kernel_socket.h"
#include "funnel-sctpd/engine/partial_messages.h"

namespace funnel::sctp {

struct KernelAssociation {
  enum class State { kConnecting, kUp, kEnding };

  KernelAssociation(KernelSocket socket_in, KernelAssociationId raw_in)
      : socket(std::move(socket_in)), raw(raw_in) {}

  [[nodiscard]] State state() const { return state_; }
  void SetState(State state, std::string_view reason);
  // Whether the send buffer takes COST more. LARGE: of a message that is cut into several packets.
  [[nodiscard]] bool HasRoom(std::size_t cost, bool large);
  // Gives the kernel what it takes of the outbox, and then the shutdown that is owed.
  void SendOutbox();
  // PRESENT are all its paths: the first of those offered that answers is preferred.
  void PreferBest(const std::vector<PathStats>& present);

  AssociationId id;
  KernelSocket socket;
  KernelAssociationId raw;
  bool incoming = false;
  bool trusted = false;  // not held to the limits for strangers
  Carrier carrier = Carrier::kDirect;
  TransportAddress peer;
  std::uint16_t peer_sctp_port = 0;
  // All of the peer's addresses, the one in use first: as the observer knows it.
  std::vector<TransportAddress> paths;
  std::vector<PeerPath> offered;  // by OfferPaths, if they are ours to choose from
  std::uint16_t streams = 0;
  std::size_t max_unfragmented = 0;

  TimePoint last_received{};
  TimePoint deadline{};  // of kEnding
  KernelSocket::Traffic traffic;
  KernelOutbox outbox;
  bool shutdown_owed = false;  // the outbox comes first
  std::size_t send_buffer = 0;
  std::size_t kernel_used = 0;  // of it, at most: as of the last look, and what was added since
  PartialMessages partial;
  std::uint64_t messages_in = 0, messages_out = 0, bytes_in = 0, bytes_out = 0;

 private:
  State state_ = State::kConnecting;
};

}  // namespace funnel::sctp
