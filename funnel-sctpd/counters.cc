#include "funnel-sctpd/counters.h"

#include <array>

namespace funnel::sctpd {
namespace {

using metrics::Kind;

constexpr std::array kTable = std::to_array<metrics::CounterDef>({
    {"frames_in", "Frames received from peers."},
    {"frames_out", "Frames sent to peers."},
    {"bytes_in", "Bytes of frames received from peers."},
    {"bytes_out", "Bytes of frames sent to peers."},
    {"dropped_payload_protocol", "Messages of peers dropped: not Funnel's payload protocol."},
    {"dropped_unverified", "Frames of peers dropped: the peer is not verified yet."},
    {"dropped_malformed", "Frames of peers dropped: malformed."},
    {"dropped_type", "Frames of peers dropped: a type that has no place there."},
    {"dropped_stream", "Frames of peers dropped: a stream that carries no channel."},
    {"dropped_channel", "Frames of peers dropped: of a channel that is over."},
    {"dropped_state", "Frames of peers dropped: the channel's state does not allow them."},
    {"dropped_peer_frames", "Frames of @peer dropped: funnel-authd could not take them."},
    {"dropped_edge_malformed", "Frames of edges dropped: malformed."},
    {"dropped_edge_channel", "Frames of edges dropped: of another channel."},
    {"dropped_edge_state", "Frames of edges dropped: the channel's state does not allow them."},
    {"associations_up", "Associations that are up and verified.", Kind::kGauge},
    {"associations_unverified", "Associations whose peer is not verified yet.", Kind::kGauge},
    {"associations_limited", "Associations turned away by a limit."},
    {"connects", "Attempts to connect to a peer."},
    {"connects_failed", "Attempts to connect to a peer that failed."},
    {"peers_verified", "Peers that proved who they are."},
    {"peers_failed", "Peers that could not prove who they are."},
    {"verify_timeouts", "Associations ended because verify-timeout was over."},
    {"associations_replaced", "Associations that gave way to a newer one of the same peer."},
    {"associations_lost", "Associations that were up and ended."},
    {"channels", "Channels now.", Kind::kGauge},
    {"links", "Edges attached now.", Kind::kGauge},
    {"half_open", "Channels whose OPEN is not answered yet.", Kind::kGauge},
    {"attached", "Edges that attached."},
    {"attach_rejected", "Edges that were not let attach."},
    {"opens_sent", "OPEN frames sent."},
    {"opens_received", "OPEN frames received."},
    {"opens_busy", "OPEN frames answered with busy."},
    {"opens_wrong_parity", "OPEN frames refused: a stream that is ours to open."},
    {"refused_by_us", "Channels that we refused."},
    {"refused_by_peer", "Channels that a peer refused."},
    {"accepted", "Channels of peers that were accepted."},
    {"adopt_failed", "Accepted channels that no edge took."},
    {"claims_dropped", "Claims given up because their channel ended first."},
    {"edges_lost", "Edges that went without closing their channel."},
    {"closing_timeouts", "Channels whose peer did not confirm their end in time."},
    {"channel_overflows", "Channels closed because more than channel-queue waited for the edge."},
    {"control_overflows", "Connections closed because they did not read their answers."},
    {"send_blocked", "Times that sending had to wait for the engine."},
    {"queued_to_edges_bytes", "Bytes that wait for edges.", Kind::kGauge},
    {"authd_connected", "1 while connected to funnel-authd.", Kind::kGauge},
    {"authd_lost", "Times that the connection to funnel-authd was lost."},
    // The engine's own count anew with each start of the daemon.
    {"sctp_associations", "SCTP associations now.", Kind::kGauge},
    {"sctp_associations_up", "SCTP associations that are established.", Kind::kGauge},
    {"sctp_associations_failed", "SCTP associations that could not be set up or broke."},
    {"sctp_restarts", "Peers that restarted their SCTP association."},
    {"sctp_dead_peers", "Peers given up after dead-peer-timeout."},
    {"sctp_packets_in", "SCTP packets received."},
    {"sctp_packets_out", "SCTP packets sent."},
    {"sctp_bytes_in", "Bytes of SCTP packets received."},
    {"sctp_bytes_out", "Bytes of SCTP packets sent."},
    {"sctp_messages_in", "SCTP messages received."},
    {"sctp_messages_out", "SCTP messages sent."},
    {"sctp_sends_full", "Messages that found the send buffer full."},
    {"sctp_retransmitted_chunks", "SCTP chunks sent again."},
    {"sctp_messages_expired", "Messages whose lifetime ended before they could be sent."},
    {"sctp_packets_malformed",
     "Packets dropped: no SCTP, a bad checksum, or chunks beyond the end."},
    {"sctp_packets_other_port", "Packets dropped: for another SCTP port."},
    {"sctp_packets_bad_tag", "Packets dropped: from a peer's address, with a wrong tag."},
    {"sctp_strangers_limited", "Packets of unknown addresses dropped by a limit."},
    {"sctp_strangers_answered", "Packets without association answered with ABORT."},
    {"sctp_strangers_ignored", "Packets without association that got no answer."},
    {"sctp_peers_moved", "Peers followed to another UDP port (NAT)."},
    {"sctp_resends_withheld", "Chunks not sent again because a copy was still on its way."},
    {"sctp_output_dropped", "Packets dropped: the output queue was full."},
    {"sctp_output_split", "Packets cut into several to fit packet-size."},
    {"sctp_output_oversize", "Packets larger than packet-size that could not be cut."},
    {"sctp_socket_full", "Times that the socket took no further packet."},
    {"sctp_socket_errors", "Errors of the socket."},
    {"sctp_messages_oversize", "Messages too large, which ended their association."},
    {"sctp_queue_bytes", "Bytes of packets that wait for the socket.", Kind::kGauge},
});
static_assert(kTable.size() == kCounterCount);

}  // namespace

std::span<const metrics::CounterDef> CounterTable() { return kTable; }

}  // namespace funnel::sctpd
