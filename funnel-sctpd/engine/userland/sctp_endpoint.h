// One libusrsctp socket (one-to-many): the only file that speaks libusrsctp's socket interface. It
// has no callbacks: after every input and every tick of the clock the owner asks Receive what has
// come.
#pragma once

#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/engine/settings.h"
#include "funnel-sctpd/engine/userland/usrsctp_stack.h"

struct socket;

namespace funnel::sctp {

// libusrsctp's own number for an association (sctp_assoc_t).
using StackAssociation = StrongId<struct StackAssociationTag, std::uint32_t>;

struct StackTags {
  std::uint32_t local = 0;  // in packets to us
  std::uint32_t peer = 0;   // in packets from us
};

struct StackStatus {
  PathStats path;
  std::uint32_t peer_window_bytes = 0;
  std::uint32_t unacknowledged_chunks = 0;
  std::uint32_t unsent_chunks = 0;
};

class SctpEndpoint {
 public:
  enum class What {
    kNothing,         // no more for now
    kMessage,         // whole, of `size` bytes
    kOversize,        // a message larger than BUFFER; the association has to go
    kUp,              // streams, interleaving and peer are set
    kRestarted,       // as kUp; the same association began anew
    kLost,            // ended by the peer or by the stack
    kShutDown,        // ended in order
    kNeverUp,         // a Connect that came to nothing
    kLinuxFragments,  // behind kUp: the peer counts fragments as Linux does
    kIrrelevant,      // ask again
  };
  struct Event {
    What what = What::kNothing;
    StackAssociation association;
    PeerPort peer;  // 0: not known any more
    std::size_t size = 0;
    StreamId stream;
    std::uint32_t payload_protocol = 0;
    std::uint16_t streams = 0;
    bool interleaving = false;
    bool aborted_by_peer = false;
    std::string reason;  // what the peer gave for it
  };

  // PORT is libusrsctp's (stack::ReservePort), PEER_ADDRESS that of all peers (stack::Attach).
  [[nodiscard]] static Result<SctpEndpoint> Open(const Settings& settings, std::uint16_t port,
                                                 void* peer_address);
  SctpEndpoint(SctpEndpoint&& other) noexcept
      : socket_(std::exchange(other.socket_, nullptr)), peer_address_(other.peer_address_) {}
  SctpEndpoint& operator=(SctpEndpoint&&) = delete;
  ~SctpEndpoint();

  [[nodiscard]] Result<StackAssociation> Connect(PeerPort peer);
  [[nodiscard]] SendStatus Send(StackAssociation association, StreamId stream, ByteView message,
                                const SendOptions& options);
  // False: the send buffer is full; try again later.
  [[nodiscard]] bool Shutdown(StackAssociation association);
  // Without effect on an association that is not up: it ends by itself after
  // Settings::init_attempts.
  void Abort(StackAssociation association, std::string_view reason);

  // A packet from the network, its ports translated.
  void Input(ByteView packet);
  // Takes what waits first. BUFFER holds the largest message there may be.
  [[nodiscard]] Event Receive(MutableByteView buffer);

  // nullopt: the stack does not know it (any more).
  [[nodiscard]] std::optional<StackTags> Tags(StackAssociation association) const;
  // The largest message that becomes one chunk; 0 if not known.
  [[nodiscard]] std::size_t LargestSingleChunk(StackAssociation association) const;
  // Makes chunks of at most CHUNK_BYTES, header included.
  void LimitChunks(StackAssociation association, std::size_t chunk_bytes);
  // The bounds of its retransmission timeout; MAXIMUM counts when it next expires. INITIAL is moved
  // between them.
  void SetRtoBounds(StackAssociation association, std::chrono::milliseconds minimum,
                    std::chrono::milliseconds maximum, std::chrono::milliseconds initial);
  // Payload sent and not acknowledged, or not sent yet.
  [[nodiscard]] std::size_t QueuedBytes(StackAssociation association) const;
  [[nodiscard]] std::optional<StackStatus> Status(StackAssociation association) const;

 private:
  SctpEndpoint(struct socket* raw, void* peer_address)
      : socket_(raw), peer_address_(peer_address) {}
  [[nodiscard]] Result<> Configure(const Settings& settings);
  [[nodiscard]] Result<> Subscribe();

  struct socket* socket_;
  void* peer_address_;
};

}  // namespace funnel::sctp
