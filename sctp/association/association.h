// One association: a packet and the time go in, packets come out. It knows nothing of others or of
// cookies; the endpoint does.
//
// Calls to Events are made from OnPacket and OnTimer only. Inside them everything may be called but
// OnPacket, OnTimer, NextPacket and the destructor.
#pragma once

#include <optional>
#include <string_view>

#include "sctp/association/answers.h"
#include "sctp/association/association_ends.h"
#include "sctp/association/association_paths.h"
#include "sctp/association/events.h"
#include "sctp/association/settings.h"
#include "sctp/handshake/collision.h"
#include "sctp/handshake/cookie.h"
#include "sctp/handshake/initiator.h"
#include "sctp/path/heartbeats.h"
#include "sctp/receive/receiver.h"
#include "sctp/send/sender.h"
#include "sctp/wire/packet.h"

namespace sctp {

class Association : private MessageSink {
 public:
  using Events = AssociationEvents;
  // What it needs of whoever owns it, all outliving it.
  struct Around {
    RandomSource& random;
    BufferPool& buffers;
    Events& events;
  };
  struct Identity {
    std::uint16_t own_port = 0, peer_port = 0;
    VerificationTag own_tag, peer_tag;  // the peer's is 0 while it is not known
    Tsn own_tsn;
    std::uint32_t own_tie = 0, peer_tie = 0;
    Address peer;  // where the handshake goes
  };

  // Begins one; the first packet is ready at once.
  Association(const AssociationSettings& settings, const Identity& identity, Around around,
              TimePoint now);
  // Of a COOKIE ECHO that was believed; it is up, which OnUp told nobody yet: the caller does.
  Association(const AssociationSettings& settings, const Identity& identity, const Cookie& cookie,
              Around around, TimePoint now);
  ~Association() override = default;

  // Chunks of a packet whose tag and ports are this association's. INIT and COOKIE ECHO are not
  // looked at: the endpoint has. False: it came from where the peer has not proven to be, and was
  // not looked at.
  bool OnPacket(const Address& from, const PacketView& packet, TimePoint now);
  // A COOKIE ECHO that is no restart: in a collision the peer's tag is learnt from it, otherwise it
  // is only acknowledged again.
  void OnCookie(const Cookie& cookie, CookieMeaning meaning, TimePoint now);
  // The next packet to leave, into BUFFER of at least Settings::packet_bytes; 0 if there is none.
  [[nodiscard]] std::size_t NextPacket(MutableByteView buffer, TimePoint now);
  // Where that goes, and whether it asks if a packet of its size gets there in one piece.
  [[nodiscard]] const Address& destination() const { return destination_; }
  [[nodiscard]] bool must_stay_whole() const { return must_stay_whole_; }
  [[nodiscard]] TimePoint NextTimer(TimePoint now);
  void OnTimer(TimePoint now);

  [[nodiscard]] SendStatus Send(StreamId stream, ByteView message, const SendOptions& options);
  void Configure(StreamId stream, const StreamShare& share);
  // From now on the whole window is the peer's.
  void Trust(TimePoint now);
  void Shutdown(TimePoint now);
  // Where else the peer may be reached, best first (Paths::Offer).
  void OfferPaths(const std::vector<Address>& addresses, TimePoint now) {
    paths_.Offer(addresses, now);
  }
  // Of HOSTS, which an INIT lists, those that the peer did not have before.
  [[nodiscard]] std::vector<Host> HostsAdded(const std::vector<Host>& hosts) const {
    return paths_.HostsAdded(hosts);
  }
  // The peer shows by an INIT that it has not got our answer to its SHUTDOWN.
  void RepeatShutdownAck(TimePoint now) { ends_.RepeatShutdownAck(now); }
  // A COOKIE ECHO says that the peer has restarted. True: so it is. False: it is being asked;
  // OnDown(kRestarted) follows if that is so.
  [[nodiscard]] bool OnRestart(TimePoint now);
  // The peer's cookie has become too old, and an INIT with our present tag could be taken for a
  // late one where the peer is up: Renew() with a tag and TSN that were not used.
  [[nodiscard]] bool wants_new_tag() const { return wants_new_tag_; }
  void Renew(VerificationTag own_tag, Tsn own_tsn) {
    identity_.own_tag = own_tag;
    identity_.own_tsn = own_tsn;
    wants_new_tag_ = false;
  }
  // As if it had never been: nothing is told to anybody, nothing leaves.
  void Discard() {
    down_ = true;
    answers_.Clear();
  }
  // OnDown(kLocal) is not called from inside; the last packet is ready.
  void Abort(std::string_view reason);
  // The same, behind a COOKIE ACK that has not left yet.
  void RefuseUp(std::string_view reason);

  [[nodiscard]] bool up() const { return sender_.has_value() && !IsBeginning() && !down_; }
  // Nothing is left to be done but to send what NextPacket still has.
  [[nodiscard]] bool down() const { return down_; }
  // Whether it has really ended is being asked.
  [[nodiscard]] bool asking() const { return ends_.asking(); }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] AssociationTags tags() const {
    return {identity_.own_tag, identity_.peer_tag, identity_.own_tie, identity_.peer_tie};
  }
  // When the peer last sent something.
  [[nodiscard]] TimePoint heard() const { return heartbeats_.heard(); }
  [[nodiscard]] Closing::State closing() const { return ends_.closing(); }
  [[nodiscard]] std::uint16_t streams() const { return out_streams_; }
  [[nodiscard]] const Capabilities& agreed() const { return agreed_; }
  // Only when it is or was up.
  [[nodiscard]] const Sender* sender() const { return sender_ ? &*sender_ : nullptr; }
  [[nodiscard]] const Receiver* receiver() const { return receiver_ ? &*receiver_ : nullptr; }
  [[nodiscard]] AssociationCounters counters() const;
  [[nodiscard]] const Paths& paths() const { return paths_.paths(); }
  // The largest packet that leaves, but for what asks whether larger ones get through.
  [[nodiscard]] std::size_t packet_bytes() const { return paths_.packet_bytes(); }

 private:
  struct Agreed {
    Capabilities capabilities;
    std::uint16_t out_streams = 0, in_streams = 0;
    Tsn peer_tsn;
    std::uint32_t peer_window_bytes = 0;
  };
  [[nodiscard]] bool IsBeginning() const {
    return initiator_ && initiator_->state() != Initiator::State::kUp;
  }
  void Agree(const Agreed& agreed);
  void OnMessage(StreamId stream, std::uint32_t protocol, MutableByteView message) override;

  // False: nothing further in the packet is looked at.
  [[nodiscard]] bool OnChunk(const ChunkView& chunk, TimePoint now);
  void OnData(const ChunkView& chunk, TimePoint now);
  void OnSack(const ChunkView& chunk, TimePoint now);
  void OnInitAck(const ChunkView& chunk, TimePoint now);
  void OnCookieAck(TimePoint now);
  void OnError(const ChunkView& chunk, TimePoint now);
  void OnHeartbeatAck(const ChunkView& chunk, TimePoint now);
  [[nodiscard]] bool OnUnknown(const ChunkView& chunk);
  // An ERROR with the next packet.
  void Report(CauseCode cause, ByteView value) {
    answers_.Report(cause, value, packet_bytes() - kCommonHeaderSize);
  }
  void AfterInput(TimePoint now);

  // Ends, and what is said of them.
  void OnAbort(const ChunkView& chunk, TimePoint now);
  void OnShutdown(const ChunkView& chunk, TimePoint now);
  void SayAbort(std::string_view reason);
  void GoDown(DownReason reason, std::string_view text);
  // VALUE: of the cause, if that has one; TEXT is sent only with a cause that may have text.
  void Refuse(CauseCode cause, std::string_view text, DownReason reason, ByteView value = {});

  // With the next packet.
  void Answer(ChunkType type, std::uint8_t flags, ByteView body) {
    answers_.Add(type, flags, body, packet_bytes() - kCommonHeaderSize);
  }
  [[nodiscard]] std::size_t NextElsewhere(MutableByteView buffer, TimePoint now);
  void WriteControl(BufferWriter& out, TimePoint now);
  void WriteSack(BufferWriter& out, TimePoint now);
  [[nodiscard]] std::size_t Finish(PacketWriter& packet, bool with_data, TimePoint now);

  AssociationSettings settings_;
  Identity identity_;
  Around around_;
  std::optional<Initiator> initiator_;
  Heartbeats heartbeats_;
  std::optional<Sender> sender_;
  std::optional<Receiver> receiver_;
  AssociationEnds ends_;
  AssociationPaths paths_;
  Address destination_;  // of the packet that was written last
  bool must_stay_whole_ = false;
  Capabilities agreed_;
  std::uint16_t out_streams_ = 0;
  Answers answers_;
  bool trusted_ = false;
  bool down_ = false;
  bool linux_fragments_ = false;
  bool wants_new_tag_ = false;
  bool got_data_ = false;  // in the packet that is being read
  AssociationCounters counters_;
};

}  // namespace sctp
