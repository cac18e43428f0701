// The messages of edges, sctpd and funnelctl to authd on $RUN/authd.sock, and its answers.
// ipc::Serialize and ipc::Parse<T> (codec.h) turn them into packets and back. None brings a
// descriptor.
//
// `request` is the client's own number; the answer repeats it. Answers may come in any order.
#pragma once

#include "common/ipc/codec.h"

namespace funnel::ipc {

// How a request at authd failed.
enum class FailureCode : std::uint16_t {
  kLocal = 1,       // at our end: keytab, ticket, KDC, clock
  kRefused = 2,     // the peer refused; `authenticated` says whether that is proven
  kBusy = 3,        // authd has too much work
  kProtocol = 4,    // what the peer sent makes no sense, or was altered on the way
  kUnknown = 5,     // no such handshake, context or claim, or no longer
  kNotAllowed = 6,  // this client may not have that, or the access rule is gone
};

// --- edge -> authd

// Begin a handshake as the service's configuration says. rekey_of 0: for a new channel. Answer:
// Opening, Failed.
struct Initiate {
  static constexpr MessageType kType = MessageType::kInitiate;
  std::uint32_t request = 0;
  ServiceName service;
  std::uint64_t rekey_of = 0;  // a context of ours
  Epoch epoch;                 // the new one, for a rekey
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.service, self.rekey_of, self.epoch);
  }
};

// The acceptor's answer came. Answer: Context, Failed.
struct Complete {
  static constexpr MessageType kType = MessageType::kComplete;
  std::uint32_t request = 0;
  std::uint64_t handshake = 0;
  Bytes reply;  // body of OPENED; for a rekey the bare GSS token
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.handshake, self.reply);
  }
};

// REFUSED came, or the handshake is given up (empty body). Answer: Failed, with the peer's reason.
struct CompleteRefused {
  static constexpr MessageType kType = MessageType::kCompleteRefused;
  std::uint32_t request = 0;
  std::uint64_t handshake = 0;
  Bytes refused_body;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.handshake, self.refused_body);
  }
};

// The acceptor's edge fetches its context, once. Answer: Context, Failed.
struct Redeem {
  static constexpr MessageType kType = MessageType::kRedeem;
  std::uint32_t request = 0;
  ServiceName service;
  Secret claim;  // 32 bytes
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.service, self.claim);
  }
};

// A REKEY token came from the initiator. Answer: Context with reply_token, Failed.
struct AcceptRekey {
  static constexpr MessageType kType = MessageType::kAcceptRekey;
  std::uint32_t request = 0;
  std::uint64_t context = 0;
  Epoch epoch;  // the new one
  Bytes token;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.context, self.epoch, self.token);
  }
};

// The channel is over, or uses its next context now. No answer.
struct Release {
  static constexpr MessageType kType = MessageType::kRelease;
  std::uint64_t context = 0;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.context);
  }
};

// authd has restarted, and this channel lives on. Answer: Announced with the context's new number,
// or Failed: the access rule is gone.
struct Announce {
  static constexpr MessageType kType = MessageType::kAnnounce;
  std::uint32_t request = 0;
  ServiceName service;
  std::uint8_t role = 0;  // as in Context
  std::string local_principal;
  std::string peer_principal;
  Secret exporter;          // 32 bytes, as Context gave it
  std::uint16_t suite = 1;  // of the channel
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.service, self.role, self.local_principal,
                    self.peer_principal, self.exporter);
  }
  static auto Later(auto& self) { return std::tie(self.suite); }
  [[nodiscard]] bool NeedsLater() const { return suite != 1; }
};

// --- authd -> edge

struct Opening {
  static constexpr MessageType kType = MessageType::kOpening;
  std::uint32_t request = 0;
  std::uint64_t handshake = 0;
  Bytes open_body;  // of OPEN; for a rekey the bare GSS token
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.handshake, self.open_body);
  }
};

// All that an edge gets of a security context.
struct Context {
  static constexpr MessageType kType = MessageType::kContext;
  std::uint32_t request = 0;
  std::uint64_t context = 0;
  std::uint8_t role = 0;  // 0 initiator, 1 acceptor
  std::uint16_t enctype = 0;
  Secret key;  // frames are sealed with it (seal/frame_cipher.h)
  std::string local_principal;
  std::string peer_principal;
  BootTime expires;
  Bytes confirm;               // 32 bytes: the same at both ends
  Secret exporter;             // 32 bytes: for the next rekey's bindings and for Announce
  Bytes reply_token;           // answer to AcceptRekey: goes into the REKEY record
  std::uint64_t features = 0;  // wire::Features that both ends have; 0 for a rekey
  std::uint16_t suite = 1;
  bool unproven = false;       // no payload before the far end has confirmed the handshake
  std::string why_not_better;  // why the suite is not the best, for people
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.context, self.role, self.enctype, self.key,
                    self.local_principal, self.peer_principal, self.expires, self.confirm,
                    self.exporter, self.reply_token, self.features);
  }
  static auto Later(auto& self) { return std::tie(self.suite, self.unproven, self.why_not_better); }
  bool NeedsLater() const { return suite != 1 || unproven || !why_not_better.empty(); }
};

struct Failed {
  static constexpr MessageType kType = MessageType::kFailed;
  std::uint32_t request = 0;
  FailureCode code = FailureCode::kLocal;
  std::string text;            // may have the peer's words: escape it for logs
  bool authenticated = false;  // the peer's own words, proven by the handshake
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.code, self.text, self.authenticated);
  }
};

struct Announced {
  static constexpr MessageType kType = MessageType::kAnnounced;
  std::uint32_t request = 0;
  std::uint64_t context = 0;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.context);
  }
};

// The access rule is gone: end this channel with FAREWELL.
struct Revoked {
  static constexpr MessageType kType = MessageType::kRevoked;
  std::uint64_t context = 0;
  std::string reason;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.context, self.reason);
  }
};

// --- sctpd -> authd

// A peer's OPEN came. Answer: Accepted, AcceptRefused.
struct Accept {
  static constexpr MessageType kType = MessageType::kAccept;
  std::uint32_t request = 0;
  AssociationId association;
  std::string peer;  // the verified peer's configured name
  Bytes open_body;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.association, self.peer, self.open_body);
  }
};

// Nobody will redeem the claim.
struct DropClaim {
  static constexpr MessageType kType = MessageType::kDropClaim;
  Secret claim;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.claim);
  }
};

// An association that we connected to this configured peer is up: authd opens @peer. An association
// that the other end connected is reported by its first PeerFrame.
struct PeerStart {
  static constexpr MessageType kType = MessageType::kPeerStart;
  AssociationId association;
  std::string peer;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.association, self.peer);
  }
};

// One frame of stream 0, header included, to or from the peer.
struct PeerFrame {
  static constexpr MessageType kType = MessageType::kPeerFrame;
  AssociationId association;
  Bytes frame;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.association, self.frame);
  }
};

struct PeerGone {
  static constexpr MessageType kType = MessageType::kPeerGone;
  AssociationId association;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.association);
  }
};

// --- authd -> sctpd

struct Accepted {
  static constexpr MessageType kType = MessageType::kAccepted;
  std::uint32_t request = 0;
  ServiceName service;  // our name for it, not the one on the wire
  Secret claim;         // 32 bytes, for the edge
  Bytes opened_body;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.service, self.claim, self.opened_body);
  }
};

struct AcceptRefused {
  static constexpr MessageType kType = MessageType::kAcceptRefused;
  std::uint32_t request = 0;
  std::uint16_t code = 0;  // wire::RefusalCode
  std::string service;     // what OPEN asked for, if that could be read; for the log
  std::string text;        // why, for our log and status
  Bytes refused_body;      // sctpd sends it unchanged
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.request, self.code, self.service, self.text, self.refused_body);
  }
};

// The association's far end is proven to be this configured peer.
struct PeerVerified {
  static constexpr MessageType kType = MessageType::kPeerVerified;
  AssociationId association;
  std::string peer;
  std::string node;
  std::uint64_t instance = 0;  // a larger one is a newer start of that node
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.association, self.peer, self.node, self.instance);
  }
};

struct PeerFailed {
  static constexpr MessageType kType = MessageType::kPeerFailed;
  AssociationId association;
  std::string text;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.association, self.text);
  }
};

}  // namespace funnel::ipc
