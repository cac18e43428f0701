// `funnelctl trace funnel-sctpd`: every SCTP packet with the chunks in it, without payload.
//
// Owned by Node; thread: the loop's. The engine and the table outlive it.
#pragma once

#include <string>

#include "common/trace/trace.h"
#include "funnel-sctpd/association/association_table.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

class PacketTrace final : private sctp::PacketObserver {
 public:
  PacketTrace(event::Loop& loop, SharedState& shared, const AssociationTable& associations);
  ~PacketTrace();
  PacketTrace(const PacketTrace&) = delete;
  PacketTrace& operator=(const PacketTrace&) = delete;

  // READER gets the packets of PEER, or all of them if it is empty, until it disconnects. Fails if
  // the engine does not see packets.
  [[nodiscard]] Result<> AddReader(ipc::SharedAnswer reader, trace::TraceForm form,
                                   std::string peer);

 private:
  void OnPacket(AssociationId association, const sctp::PeerPath& path, bool outgoing,
                MutableByteView packet) override;
  // The peer's name; the address of packets that belong to none.
  [[nodiscard]] std::string OwnerOf(AssociationId association, const sctp::PeerPath& path) const;

  sctp::Engine& engine_;
  const AssociationTable& associations_;
  trace::Trace trace_;
};

}  // namespace funnel::sctpd
