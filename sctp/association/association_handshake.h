// How an association begins: who its two ends are, what the one that began sends until it is
// answered (Initiator), and what both ends have agreed on.
//
// Owned by the association, which makes its sender and its receiver by what is agreed.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "sctp/association/settings.h"
#include "sctp/handshake/collision.h"
#include "sctp/handshake/cookie.h"
#include "sctp/handshake/initiator.h"
#include "sctp/receive/receiver.h"
#include "sctp/send/sender.h"
#include "sctp/wire/packet.h"

namespace sctp {

struct AssociationIdentity {
  std::uint16_t own_port = 0, peer_port = 0;
  VerificationTag own_tag, peer_tag;  // the peer's is 0 while it is unknown
  Tsn own_tsn;
  std::uint32_t own_tie = 0, peer_tie = 0;
  Address peer;  // where the handshake is sent

  [[nodiscard]] AssociationTags tags() const { return {own_tag, peer_tag, own_tie, peer_tie}; }
};

class AssociationHandshake {
 public:
  // Why an INIT ACK ends the association. VALUE belongs to the cause.
  struct Fault {
    std::optional<CauseCode> cause;  // nullopt: the peer could not be told
    std::string_view text;
    ByteView value = {};
  };

  // Begins one; SETTINGS outlives it.
  AssociationHandshake(const AssociationSettings& settings, const AssociationIdentity& identity,
                       TimePoint now)
      : settings_(settings),
        identity_(identity),
        initiator_(std::in_place, settings.initiator, now) {}
  // The peer began, and COOKIE was valid: it is complete.
  AssociationHandshake(const AssociationSettings& settings, const AssociationIdentity& identity,
                       const Cookie& cookie)
      : settings_(settings), identity_(identity), agreed_(AgreedIn(cookie)) {}

  // It is not complete.
  [[nodiscard]] bool running() const {
    return initiator_ && initiator_->state() != Initiator::State::kUp;
  }
  [[nodiscard]] bool awaits_init_ack() const {
    return initiator_ && initiator_->state() == Initiator::State::kCookieWait;
  }

  // INIT is an INIT ACK that was awaited; what is to be reported about it is written into
  // UNRECOGNIZED. Then what is agreed is known, and the cookie is echoed next.
  [[nodiscard]] std::expected<PeerParameters, Fault> OnInitAck(const InitChunk& init,
                                                               BufferWriter& unrecognized,
                                                               TimePoint now);
  // Of the INIT, after its INIT ACK, if it could be measured.
  [[nodiscard]] std::optional<Duration> rtt() const { return initiator_->rtt(); }
  // True: by this it is complete.
  [[nodiscard]] bool OnCookieAck();
  // COOKIE is of the peer, which began at the same time: it is complete.
  void OnCollision(const Cookie& cookie);
  // True: our cookie was too old, so it begins again, and what was agreed is void.
  [[nodiscard]] bool OnError(const ChunkView& chunk, TimePoint now);

  // The chunk that is due now; call it while running(). False: none is due.
  [[nodiscard]] bool Due(TimePoint now) const { return initiator_->Due(now); }
  [[nodiscard]] bool Write(BufferWriter& out, TimePoint now);
  [[nodiscard]] TimePoint NextTimer() const { return initiator_->NextTimer(); }
  // Nobody has answered the last attempt.
  [[nodiscard]] bool Expired(TimePoint now) const {
    return initiator_->exhausted() && initiator_->Due(now);
  }

  // The peer's cookie has become too old (Association::wants_new_tag).
  [[nodiscard]] bool wants_new_tag() const { return wants_new_tag_; }
  void Renew(VerificationTag own_tag, Tsn own_tsn) {
    identity_.own_tag = own_tag;
    identity_.own_tsn = own_tsn;
    wants_new_tag_ = false;
  }

  [[nodiscard]] const AssociationIdentity& identity() const { return identity_; }
  // Of a packet to the peer.
  [[nodiscard]] CommonHeader header() const {
    return {identity_.own_port, identity_.peer_port, identity_.peer_tag};
  }

  // What is agreed, and how we send and receive by it.
  [[nodiscard]] const Capabilities& capabilities() const { return agreed_.capabilities; }
  [[nodiscard]] std::uint16_t out_streams() const { return agreed_.out_streams; }
  [[nodiscard]] Tsn peer_tsn() const { return agreed_.peer_tsn; }
  [[nodiscard]] std::uint32_t peer_window_bytes() const { return agreed_.peer_window_bytes; }
  // The peer numbers its fragments as Linux does (AssociationSettings::linux_fragments).
  [[nodiscard]] bool linux_fragments() const {
    return settings_.linux_fragments &&
           agreed_.capabilities.adaptation == settings_.linux_fragments;
  }
  [[nodiscard]] Sender::Settings SenderSettings() const;
  // TRUSTED: the peer may use the whole window.
  [[nodiscard]] Receiver::Settings ReceiverSettings(bool trusted) const;

 private:
  struct Agreed {
    Capabilities capabilities;
    std::uint16_t out_streams = 0, in_streams = 0;
    Tsn peer_tsn;
    std::uint32_t peer_window_bytes = 0;
  };
  [[nodiscard]] static Agreed AgreedIn(const Cookie& cookie) {
    return {cookie.capabilities, cookie.out_streams, cookie.in_streams, cookie.peer_tsn,
            cookie.peer_window_bytes};
  }
  [[nodiscard]] DataFormat format() const {
    return agreed_.capabilities.interleaving ? DataFormat::kIData : DataFormat::kData;
  }

  const AssociationSettings& settings_;
  AssociationIdentity identity_;
  std::optional<Initiator> initiator_;  // if we began
  Agreed agreed_;
  bool wants_new_tag_ = false;
};

}  // namespace sctp
