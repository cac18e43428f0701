// One association: takes packets and the time, and gives packets. It knows neither other
// associations nor cookies; the endpoint does.
//
// Events are called only from OnPacket and OnTimer. Inside these calls everything may be called
// except OnPacket, OnTimer, NextPacket and the destructor.
#pragma once

#include <optional>
#include <string_view>

#include "sctp/association/answers.h"
#include "sctp/association/association_ends.h"
#include "sctp/association/association_handshake.h"
#include "sctp/association/association_paths.h"
#include "sctp/association/events.h"
#include "sctp/association/settings.h"
#include "sctp/handshake/collision.h"
#include "sctp/handshake/cookie.h"
#include "sctp/path/heartbeats.h"
#include "sctp/receive/receiver.h"
#include "sctp/send/sender.h"
#include "sctp/wire/packet.h"

namespace sctp {

class Association : private MessageSink {
 public:
  using Events = AssociationEvents;
  // What it needs from its owner; all of it outlives the association.
  struct Around {
    RandomSource& random;
    BufferPool& buffers;
    ReceiveBudget* budget;  // of what is received before Trust(); nullptr: there is none
    Events& events;
  };
  using Identity = AssociationIdentity;

  // Begins an association; its first packet is ready at once.
  Association(const AssociationSettings& settings, const Identity& identity, Around around,
              TimePoint now);
  // Makes the association of a valid COOKIE ECHO. It is up, but does not call OnUp: the caller
  // does.
  Association(const AssociationSettings& settings, const Identity& identity, const Cookie& cookie,
              Around around, TimePoint now);
  ~Association() override = default;

  // Handles the chunks of a packet whose tag and ports are this association's, except INIT and
  // COOKIE ECHO, which the endpoint has handled. False: the packet came from an address that the
  // peer has not proven, and was not read.
  bool OnPacket(const Address& from, const PacketView& packet, TimePoint now);
  // A COOKIE ECHO that is no restart: in a collision it gives the peer's tag, otherwise it is only
  // acknowledged again.
  void OnCookie(const Cookie& cookie, CookieMeaning meaning, TimePoint now);
  // Writes the next packet into BUFFER of at least Settings::packet_bytes; 0: there is none.
  [[nodiscard]] std::size_t NextPacket(MutableByteView buffer, TimePoint now);
  // Where that packet goes, and whether it tests if a packet of its size arrives in one piece.
  [[nodiscard]] const Address& destination() const { return written_.to; }
  [[nodiscard]] bool must_stay_whole() const { return written_.must_stay_whole; }
  [[nodiscard]] TimePoint NextTimer(TimePoint now);
  void OnTimer(TimePoint now);

  [[nodiscard]] SendStatus Send(StreamId stream, ByteView message, const SendOptions& options);
  void Configure(StreamId stream, const StreamShare& share);
  // From now on the peer may use the whole window.
  void Trust(TimePoint now);
  void Shutdown(TimePoint now);
  // Other addresses of the peer, best first (Paths::Offer).
  void OfferPaths(const std::vector<Address>& addresses, TimePoint now) {
    paths_.Offer(addresses, now);
  }
  // Those of HOSTS, which an INIT lists, that the peer did not have before.
  [[nodiscard]] std::vector<Host> HostsAdded(const std::vector<Host>& hosts) const {
    return paths_.HostsAdded(hosts);
  }
  // An INIT of the peer shows that it has not received our answer to its SHUTDOWN.
  void RepeatShutdownAck(TimePoint now) { ends_.RepeatShutdownAck(now); }
  // A COOKIE ECHO says that the peer has restarted. True: it is believed. False: a question is sent
  // first; OnDown(kRestarted) follows if the restart proves true.
  [[nodiscard]] bool OnRestart(TimePoint now);
  // The peer's cookie has become too old. If the peer is up, it could take an INIT with our present
  // tag for a late one: so call Renew() with a tag and TSN that were never used.
  [[nodiscard]] bool wants_new_tag() const { return handshake_.wants_new_tag(); }
  void Renew(VerificationTag own_tag, Tsn own_tsn) { handshake_.Renew(own_tag, own_tsn); }
  // Drops the association as if it had never been: reports nothing, sends nothing.
  void Discard() {
    down_ = true;
    answers_.Clear();
  }
  // OnDown(kLocal) is not called inside; the last packet is ready.
  void Abort(std::string_view reason);
  // The same, after a COOKIE ACK that has not been sent yet.
  void RefuseUp(std::string_view reason);

  [[nodiscard]] bool up() const { return sender_.has_value() && !handshake_.running() && !down_; }
  // Nothing is left to do, except to send what NextPacket still has.
  [[nodiscard]] bool down() const { return down_; }
  // A question about whether it has really ended is being asked.
  [[nodiscard]] bool asking() const { return ends_.asking(); }
  [[nodiscard]] const Identity& identity() const { return handshake_.identity(); }
  // When the peer sent something last.
  [[nodiscard]] TimePoint last_received() const { return heartbeats_.last_received(); }
  [[nodiscard]] Closing::State closing() const { return ends_.closing(); }
  [[nodiscard]] std::uint16_t streams() const { return handshake_.out_streams(); }
  [[nodiscard]] const Capabilities& agreed() const { return handshake_.capabilities(); }
  // Only if it is or was up.
  [[nodiscard]] const Sender* sender() const { return sender_ ? &*sender_ : nullptr; }
  [[nodiscard]] const Receiver* receiver() const { return receiver_ ? &*receiver_ : nullptr; }
  [[nodiscard]] AssociationCounters counters() const;
  [[nodiscard]] const Paths& paths() const { return paths_.paths(); }
  // The largest packet that is sent, except those that test whether larger ones arrive.
  [[nodiscard]] std::size_t packet_bytes() const { return paths_.packet_bytes(); }

 private:
  // Makes the sender and the receiver by what both ends can do.
  void MakeTransfer();
  void OnMessage(StreamId stream, std::uint32_t protocol, MutableByteView message) override;

  // False: the rest of the packet is not read.
  [[nodiscard]] bool OnChunk(const ChunkView& chunk, TimePoint now);
  void OnData(const ChunkView& chunk, TimePoint now);
  void OnSack(const ChunkView& chunk, TimePoint now);
  void OnInitAck(const ChunkView& chunk, TimePoint now);
  void OnError(const ChunkView& chunk, TimePoint now);
  void OnHeartbeatAck(const ChunkView& chunk, TimePoint now);
  [[nodiscard]] bool OnUnknown(const ChunkView& chunk);
  // Adds an ERROR to the next packet.
  void Report(CauseCode cause, ByteView value) {
    answers_.Report(cause, value, packet_bytes() - kCommonHeaderSize);
  }
  // Does what the packet or the timer has made due: ends, paths, room for more messages.
  void AfterInput(TimePoint now);

  // Ends, and statements about them.
  void OnAbort(const ChunkView& chunk, TimePoint now);
  void OnShutdown(const ChunkView& chunk, TimePoint now);
  // The association is over: the last packet tells the peer why.
  void SayAbort(std::string_view reason);
  // The association is over, and reports that.
  void GoDown(DownReason reason, std::string_view text);
  // VALUE belongs to the cause, if it has one; TEXT is sent only with a cause that may have text.
  void Refuse(CauseCode cause, std::string_view text, DownReason reason, ByteView value = {});

  // Adds an answer to the next packet.
  void Answer(ChunkType type, std::uint8_t flags, ByteView body) {
    answers_.Add(type, flags, body, packet_bytes() - kCommonHeaderSize);
  }
  // The packet of the handshake that is due; 0: there is none.
  [[nodiscard]] std::size_t NextOfHandshake(MutableByteView buffer, TimePoint now);
  // A packet for another path than the one in use; 0: there is none.
  [[nodiscard]] std::size_t NextElsewhere(MutableByteView buffer, TimePoint now);
  void WriteControl(BufferWriter& out, TimePoint now);
  void WriteSack(BufferWriter& out, TimePoint now);
  // Completes PACKET, and counts it.
  [[nodiscard]] std::size_t Finish(PacketWriter& packet, bool with_data, TimePoint now);

  AssociationSettings settings_;
  Around around_;
  AssociationHandshake handshake_;
  Heartbeats heartbeats_;
  std::optional<Sender> sender_;
  std::optional<Receiver> receiver_;
  AssociationEnds ends_;
  AssociationPaths paths_;
  struct {
    Address to;
    bool must_stay_whole = false;
  } written_;  // the last packet
  Answers answers_;
  bool trusted_ = false;
  bool down_ = false;
  bool got_data_ = false;  // in the packet that is being read
  AssociationCounters counters_;
};

}  // namespace sctp
