// What funnel-sctpd needs of SCTP, whichever stack does it: SCTP of our own in this
// process (own/own_engine.h) or the kernel. Associations, whole messages, and what happened to
// them; nothing of peers, channels or frames.
//
// Thread: one. Order of calls: the owner makes the engine with an observer that outlives it,
// watches fds() for reading, and calls
//   OnReadable()  when one of fds() is readable; it may leave input for the next call
//                 (level-triggered).
//   OnTimer()     when NextTimer() has come; ask NextTimer() again after every other call.
//   Flush()       once after everything else in a turn of the loop: packets leave and events are
//                 reported here, so that what one turn produced travels in few system calls.
// wants_writable(fd) says that one of fds() was full: call Flush() when that one becomes writable.
//
// Re-entry: observer calls are made from OnReadable, OnTimer and Flush only, never from inside
// Connect, Send, Shutdown or Abort. Inside an observer call everything may be called but
// OnReadable, OnTimer, Flush and the destructor. The destructor aborts what is left and reports
// nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/config/peer_config.h"
#include "common/config/sctp_config.h"
#include "funnel-sctpd/engine/address.h"

namespace funnel::sctp {

// Funnel's payload protocol identifier, "FNL1" (protocol, "Association").
inline constexpr std::uint32_t kPayloadProtocol = 0x464E4C31;
inline constexpr std::uint16_t kDefaultSctpPort = config::kDefaultSctpPort;
// RFC 6951 section 4: the port assigned to SCTP over UDP.
inline constexpr std::uint16_t kDefaultUdpPort = config::kDefaultUdpPort;

// What carries SCTP packets to a peer.
enum class Carrier {
  kUdp,     // RFC 6951; an address's port is the UDP port
  kDirect,  // straight over IP; an address's port is not used
};

// An address and a carrier by which a peer may be reached.
struct PeerPath {
  TransportAddress address;
  Carrier carrier = Carrier::kUdp;
  bool operator==(const PeerPath&) const = default;
};

// The peer to connect to.
struct Target {
  // One peer's addresses. An engine that does not use several from the start (own: OfferPaths)
  // takes the first; to try the others, call Connect again.
  std::vector<TransportAddress> addresses;
  Carrier carrier = Carrier::kUdp;
  std::uint16_t sctp_port = kDefaultSctpPort;
};

struct SendOptions {
  bool unordered = false;
  // PR-SCTP (RFC 3758): given up when this old; 0 is reliable. Messages with a lifetime keep their
  // order among themselves at most; others may pass them.
  std::chrono::milliseconds lifetime{0};
  // A message that fits one packet is sent a second time some milliseconds later. An engine that
  // cannot do this sends it once.
  bool copied = false;
  // Which of the streams that wait on one association is next (RFC 8260 section 3): the lowest
  // priority first, equals in proportion to their weights. The share is the stream's, from its next
  // turn on. nullopt leaves it as it was; a stream that never got one comes before all that have
  // one. An engine that cannot do this sends in order.
  struct Share {
    std::uint8_t priority = 0;  // below kPriorities
    std::uint16_t weight = 1;   // at least 1
    bool operator==(const Share&) const = default;
  };
  static constexpr std::uint8_t kPriorities = 8;
  std::optional<Share> share = std::nullopt;
};

enum class SendStatus {
  kSent,      // taken over; bytes were copied
  kFull,      // the association's send buffer is full; OnWritable follows
  kTooLarge,  // larger than Settings::max_message_bytes
  kGone,      // no such association, not up yet, ending, or no such stream
};

enum class DownReason {
  kNoAnswer,   // Connect: nobody answered in time
  kRefused,    // Connect: the peer's host or stack refused
  kShutdown,   // ended in order, by either side
  kAborted,    // the peer's stack ended it at once (its process died, or it called Abort)
  kDeadPeer,   // nothing heard for Settings::dead_peer_timeout
  kRestarted,  // the peer restarted from the same address; OnUp for its successor follows
  kLocal,      // Abort was called here
  kViolation,  // the peer broke a limit (a message over Settings::max_message_bytes ...)
};
[[nodiscard]] std::string_view Name(DownReason reason);

struct UpInfo {
  bool incoming = false;  // not by our Connect
  TransportAddress peer;
  Carrier carrier = Carrier::kUdp;
  std::uint16_t peer_sctp_port = 0;
  // Stream pairs usable: 0 .. streams - 1; min(out, in).
  std::uint16_t streams = 0;
};

// Whoever owns the engine. Every association that OnUp or a successful Connect named gets exactly
// one OnDown, and nothing after it.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  // An association can carry messages.
  virtual void OnUp(AssociationId association, const UpInfo& info) = 0;
  // The association can carry messages no more; or one that Connect began has never come up. TEXT
  // is for a log line, already escaped; it may hold what the peer said, so decide nothing by it.
  virtual void OnDown(AssociationId association, DownReason reason, std::string_view text) = 0;
  // One whole message. MESSAGE lies in the engine's buffer: it may be changed in place and is gone
  // after the call.
  virtual void OnMessage(AssociationId association, StreamId stream, std::uint32_t payload_protocol,
                         MutableByteView message) = 0;
  // Send may succeed again after kFull. A hint: it may answer kFull again, and then there will be
  // another.
  virtual void OnWritable(AssociationId association) = 0;
  // What is sent goes by PATH from now on: a better one of Engine::OfferPaths, one that still
  // works, or the address to which the peer, or a NAT before it, has moved. Nothing is lost by it.
  virtual void OnMoved(AssociationId association, const PeerPath& path) = 0;
};

enum class PathState {
  kActive,     // in use
  kReachable,  // the peer answers there
  kSilent,     // it did not answer, or does not any more
  kUntried,
};
[[nodiscard]] std::string_view Name(PathState state);

struct PathStats {
  TransportAddress address;
  Carrier carrier = Carrier::kUdp;
  PathState state = PathState::kUntried;
  std::chrono::milliseconds srtt{0};
  std::chrono::milliseconds rto{0};
  std::uint32_t cwnd_bytes = 0;
  std::uint32_t mtu_bytes = 0;  // of SCTP packets

  // Only from SCTP of our own; 0 and empty from others, and where nothing was measured yet.
  std::chrono::microseconds least_rtt{0};     // of late
  double delivery_rate = 0, pacing_rate = 0;  // bytes per second
  std::uint64_t in_flight_bytes = 0;          // now
  std::uint64_t lost_chunks = 0, retransmitted_chunks = 0;
  std::uint64_t spurious_chunks = 0;  // taken for lost, and were not
  std::string_view congestion;        // what congestion control does now, in words
};

// Counted since the association began; gauges as of now.
struct AssociationStats {
  std::vector<PathStats> paths;         // the first is the one in use
  std::uint32_t peer_window_bytes = 0;  // what the peer is ready to take
  std::uint32_t queued_bytes = 0;       // sent by us and not acknowledged, or not even sent
  std::uint32_t unacknowledged_chunks = 0;
  std::uint32_t unsent_chunks = 0;
  std::uint64_t packets_in = 0, packets_out = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;  // SCTP packets, headers included
  std::uint64_t messages_in = 0, messages_out = 0;
  std::uint64_t retransmitted_chunks = 0;
  std::uint64_t expired_messages = 0;    // given up before they were ever sent
  std::uint64_t held_messages = 0;       // now: with a lifetime, waiting to be sent
  std::chrono::milliseconds silence{0};  // since anything came
};

// Process-wide counters of an engine, for metrics; all only grow unless they say "now".
struct EngineCounters {
  std::uint64_t associations_now = 0, associations_up = 0, associations_failed = 0, restarts = 0,
                dead_peers = 0;
  std::uint64_t packets_in = 0, packets_out = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t messages_in = 0, messages_out = 0, sends_full = 0, retransmitted_chunks = 0;
  std::uint64_t copied_chunks = 0;       // sent a second time because that was asked for
  std::uint64_t messages_expired = 0;    // their lifetime ended before they could be sent
  std::uint64_t packets_malformed = 0;   // not SCTP, a bad checksum, chunks beyond the end
  std::uint64_t packets_other_port = 0;  // not for our SCTP port
  std::uint64_t packets_bad_tag =
      0;  // from a peer's address, with a tag that is not the association's
  std::uint64_t strangers_limited = 0;   // over a rate or number for addresses without association
  std::uint64_t strangers_answered = 0;  // out-of-the-blue packets answered with ABORT
  std::uint64_t peers_moved = 0;         // associations that changed their path
  std::uint64_t path_failures = 0;       // ... because the one before had fallen silent
  std::uint64_t packets_unproven = 0;    // with a peer's tag from where it has not proven to be
  std::uint64_t output_dropped = 0;      // the output queue was full
  std::uint64_t socket_full = 0, socket_errors = 0;
  std::uint64_t messages_oversize = 0;  // ended their association
  std::uint64_t queue_now_bytes = 0;    // packets that wait for a socket
  // How often an association was looked at although nothing came for it and nothing was sent: what
  // it costs to have others.
  std::uint64_t association_visits = 0;
};

// Sees each packet as it is, for traces.
class PacketObserver {
 public:
  virtual ~PacketObserver() = default;
  // PACKET is about to be sent by PATH, or has come by it and nobody has looked at it: then it may
  // contain anything. ASSOCIATION: whose it is, or claims to be; 0: of none that is known. Nothing
  // of the engine may be called inside.
  virtual void OnPacket(AssociationId association, const PeerPath& path, bool outgoing,
                        MutableByteView packet) = 0;
};

class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  // As `engine` in the configuration: "own", "kernel".
  [[nodiscard]] virtual std::string_view name() const = 0;

  // Begins an association; OnUp or OnDown follows. Fails at once, with code EISCONN if there is one
  // with that address and SCTP port already (a peer that connects has a random SCTP port),
  // EAFNOSUPPORT if no socket fits the address or carrier, and ENOSPC at
  // Settings::max_associations.
  [[nodiscard]] virtual Result<AssociationId> Connect(const Target& target) = 0;

  [[nodiscard]] virtual SendStatus Send(AssociationId association, StreamId stream,
                                        ByteView message, const SendOptions& options) = 0;

  // Ends it in order: what was sent is still delivered. Send answers kGone from now on.
  // OnDown(kShutdown) follows, or another reason if the peer does not take part within
  // Settings::dead_peer_timeout.
  virtual void Shutdown(AssociationId association) = 0;

  // Ends it at once and sends the peer REASON (at most 64 bytes of it). OnDown(kLocal) follows.
  // Unknown ids are ignored.
  virtual void Abort(AssociationId association, std::string_view reason) = 0;

  // The largest message that travels in one packet; nothing else computes it. 0 if the association
  // is not up.
  [[nodiscard]] virtual std::size_t MaxUnfragmented(AssociationId association) const = 0;
  // `paths` is empty if the association is not known.
  [[nodiscard]] virtual AssociationStats Stats(AssociationId association) const = 0;
  [[nodiscard]] virtual EngineCounters counters() const = 0;

  // All paths by which ASSOCIATION's peer may be reached, best first, the present one among them;
  // the first kMaxPaths count. An engine that can moves the association, without losing anything,
  // to the best that answers, tries better ones again every Settings::path_probe, and leaves one
  // that has fallen silent within Settings::path_failover. Replaces what was offered before. False:
  // this engine, or this association, cannot; only a new association changes the path.
  [[nodiscard]] virtual bool OfferPaths(AssociationId association, std::vector<PeerPath> paths) = 0;
  static constexpr std::size_t kMaxPaths = 8;

  // Hosts of configured peers. Packets from them have limits of their own, so that strangers, who
  // are held to theirs, cannot keep them out. Ports do not count. Replaces the earlier list.
  virtual void SetKnownHosts(std::vector<TransportAddress> hosts) = 0;

  // The owner knows by now which peer's association this is: it does not count against the limits
  // for strangers any more.
  virtual void Trust(AssociationId /*association*/) {}

  // OBSERVER sees all packets from now on; nullptr: nobody does. It is replaced before it dies.
  // False: others move this engine's packets (the kernel).
  [[nodiscard]] virtual bool SetPacketObserver(PacketObserver* /*observer*/) { return false; }

  [[nodiscard]] virtual std::vector<int> fds() const = 0;
  [[nodiscard]] virtual bool wants_writable(int fd) const = 0;
  [[nodiscard]] virtual TimePoint NextTimer() const = 0;
  virtual void OnReadable() = 0;
  virtual void OnTimer() = 0;
  virtual void Flush() = 0;
};

}  // namespace funnel::sctp
