#include "funnel-sctpd/daemon/packet_trace.h"

#include "funnel-sctpd/daemon/chunk_lines.h"
#include "funnel-sctpd/route/candidate.h"
#include "sctp/wire/packet.h"

namespace funnel::sctpd {

using trace::ByteCount;
using trace::TraceEvent;

PacketTrace::PacketTrace(event::Loop& loop, SharedState& shared,
                         const AssociationTable& associations)
    : engine_(*shared.engine),
      associations_(associations),
      trace_(loop,
             [&shared] {
               return static_cast<std::size_t>(shared.config.node.control.trace_queue_bytes);
             },
             {[this] { (void)engine_.SetPacketObserver(trace_.on() ? this : nullptr); },
              [&shared] { shared.counters[kTraceLinesLost] += 1; }}) {}

PacketTrace::~PacketTrace() { (void)engine_.SetPacketObserver(nullptr); }

Result<> PacketTrace::AddReader(ipc::SharedAnswer reader, trace::TraceForm form, std::string peer) {
  if (!engine_.SetPacketObserver(this))
    return Fail(
        "the kernel's SCTP sends and receives its packets itself (engine = kernel); use tcpdump");
  trace_.AddReader(std::move(reader), form, std::move(peer));
  return {};
}

std::string PacketTrace::OwnerOf(AssociationId association, const sctp::PeerPath& path) const {
  const auto found = associations_.associations().find(association);
  if (found == associations_.associations().end() || found->second->peer.empty())
    return AddressText(path);
  return found->second->peer;
}

void PacketTrace::OnPacket(AssociationId association, const sctp::PeerPath& path, bool outgoing,
                           MutableByteView packet) {
  const std::string owner = OwnerOf(association, path);
  const auto read = ::sctp::PacketView::Parse(packet);
  trace_.Report({.kind = TraceEvent::Kind::kPacket,
                 .of = owner,
                 .outgoing = outgoing,
                 .what = "PACKET",
                 .fields = {{"address", AddressText(path)},
                            {"carrier", std::string(Name(path.carrier))},
                            {"size", ByteCount{packet.size()}}},
                 .dropped = read ? "" : "no SCTP, or a wrong checksum"});
  if (!read) return;

  ::sctp::ChunkReader chunks(read->chunks);
  while (const auto chunk = chunks.Next()) {
    TraceEvent line = DescribeChunk(*chunk);
    line.of = owner;
    line.outgoing = outgoing;
    trace_.Report(line);
  }
  if (chunks.malformed())
    trace_.Report(
        {.kind = TraceEvent::Kind::kChunk, .of = owner, .outgoing = outgoing, .what = "MALFORMED"});
}

}  // namespace funnel::sctpd
