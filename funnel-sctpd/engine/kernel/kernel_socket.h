// One SCTP socket of the kernel's (one-to-many): the only file that speaks lksctp's socket
// interface. There are two kinds. Those that listen or connect give each association away at once,
// to a socket of its own; the others carry one association each. So no association waits for
// another's buffers, and each reports why it failed (one-to-many sockets do not).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/engine/kernel/kernel_outbox.h"
#include "funnel-sctpd/engine/settings.h"

namespace funnel::sctp {

// The kernel's own number for an association (sctp_assoc_t).
using KernelAssociationId = StrongId<struct KernelAssociationIdTag, std::int32_t>;

class KernelSocket {
 public:
  enum class What {
    kNothing,      // no more for now
    kPart,         // `size` bytes of a message; `last` if they end it
    kPartsEnd,     // what came of a message on `stream` is void: no more of it will come
    kUp,           // `streams` is set
    kRestarted,    // as kUp; the same association restarted
    kLost,         // ended by the peer or by the stack
    kShutDown,     // ended in order
    kNeverUp,      // a Connect that came to nothing
    kPathChanged,  // one of the peer's addresses answers, or does not any more
    kIrrelevant,   // ask again
  };
  struct Event {
    What what = What::kNothing;
    KernelAssociationId association;
    std::size_t size = 0;
    bool last = false;
    StreamId stream;
    bool unordered = false;
    std::uint32_t payload_protocol = 0;
    std::uint16_t streams = 0;
    std::string reason;  // what the peer gave for ending it
  };
  // Of an association that is up.
  struct Peer {
    TransportAddress address;  // port: of UDP; 0: not over UDP
    std::uint16_t sctp_port = 0;
    bool interleaving = false;
    std::size_t max_unfragmented = 0;
  };
  struct Traffic {
    std::uint64_t packets_in = 0, packets_out = 0, retransmitted_chunks = 0, expired_messages = 0;
  };

  // Bound to LOCAL (empty: all of this host's addresses) at PORT; 0: the kernel's choice.
  [[nodiscard]] static Result<KernelSocket> Open(const Settings& settings,
                                                 const std::vector<TransportAddress>& local,
                                                 std::uint16_t port);

  // Associations are accepted from now on.
  [[nodiscard]] Result<> Listen();
  // Takes an association out, into a socket of its own.
  [[nodiscard]] Result<KernelSocket> TakeOut(KernelAssociationId association,
                                             bool interleaving) const;
  // Begins an association; Receive reports the rest.
  [[nodiscard]] Result<KernelAssociationId> Connect(const Target& target);

  // Sends from OUTBOX's front what the kernel takes, and drops what is too old (it counts as
  // expired there). Fails if the association takes nothing any more.
  [[nodiscard]] Result<> Send(KernelAssociationId association, KernelOutbox& outbox);
  // After what was sent; false: there is no such association.
  bool Shutdown(KernelAssociationId association);
  void Abort(KernelAssociationId association, std::string_view reason);
  // Takes what waits first, at most as much as BUFFER holds.
  [[nodiscard]] Event Receive(MutableByteView buffer);
  // Why the association ended, as an errno; 0 if the kernel does not say. Asking clears it.
  [[nodiscard]] int TakeError();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::optional<Peer> PeerOf(KernelAssociationId association) const;
  [[nodiscard]] std::optional<Traffic> TrafficOf(KernelAssociationId association) const;
  // The one in use first. The kernel moves among them by itself, to one that answers (RFC 7829) and
  // back to the one it prefers.
  [[nodiscard]] std::vector<PathStats> PathsOf(KernelAssociationId association) const;
  // PATH is the one to prefer. False: it is none of the peer's addresses.
  bool Prefer(KernelAssociationId association, const TransportAddress& path);
  // The gauges and paths of AssociationStats; the rest is left as it is.
  void FillStats(KernelAssociationId association, AssociationStats& out) const;
  // How much this socket may hold for sending, and how much it holds, in bytes of the kernel's
  // memory (a message of 100 bytes takes some 1,000).
  [[nodiscard]] std::size_t SendBuffer() const;
  [[nodiscard]] std::size_t SendBufferUsed() const;

 private:
  explicit KernelSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] Result<> Configure(const Settings& settings);
  [[nodiscard]] Result<> SetInterleaving(bool on);
  [[nodiscard]] Result<> Subscribe();
  [[nodiscard]] Result<> Bind(const std::vector<TransportAddress>& local, std::uint16_t port,
                              bool ipv6);
  [[nodiscard]] std::uint16_t UdpPortOf(KernelAssociationId association,
                                        const sockaddr_storage& address) const;

  UniqueFd fd_;
};

}  // namespace funnel::sctp
