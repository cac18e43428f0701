// One association: a packet and the time go in, packets come out. It knows nothing of others or of
// cookies; the endpoint does.
//
// Calls to Events are made from OnPacket and OnTimer only. Inside them everything may be called but
// OnPacket, OnTimer, NextPacket and the destructor.
#pragma once

#include <deque>
#include <optional>
#include <string_view>

#include "sctp/association/settings.h"
#include "sctp/handshake/closing.h"
#include "sctp/handshake/collision.h"
#include "sctp/handshake/cookie.h"
#include "sctp/handshake/end_question.h"
#include "sctp/handshake/initiator.h"
#include "sctp/handshake/shutdown_claim.h"
#include "sctp/path/heartbeats.h"
#include "sctp/path/paths.h"
#include "sctp/receive/receiver.h"
#include "sctp/send/sender.h"
#include "sctp/wire/packet.h"

namespace sctp {

class Association : private MessageSink {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    virtual void OnUp() = 0;
    // The last call. TEXT may be what the peer said: decide nothing by it, escape it.
    virtual void OnDown(DownReason reason, std::string_view text) = 0;
    virtual void OnMessage(StreamId stream, std::uint32_t protocol, MutableByteView message) = 0;
    // Send may succeed again after kFull.
    virtual void OnWritable() = 0;
    // What is sent goes to ADDRESS from now on. FAILED: because the path before fell silent.
    virtual void OnMoved(const Address& address, bool failed) = 0;
    // The largest packet towards ADDRESS; may be asked at any time.
    [[nodiscard]] virtual std::size_t PacketBytes(const Address& address) const = 0;
  };
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
  void OfferPaths(const std::vector<Address>& addresses, TimePoint now);
  // Of HOSTS, which an INIT lists, those that the peer did not have before.
  [[nodiscard]] std::vector<Host> HostsAdded(const std::vector<Host>& hosts) const;
  // The peer shows by an INIT that it has not got our answer to its SHUTDOWN.
  void RepeatShutdownAck(TimePoint now) { closing_.OnShutdown(now); }
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
    answers_.clear();
  }
  // OnDown(kLocal) is not called from inside; the last packet is ready.
  void Abort(std::string_view reason);
  // The same, behind a COOKIE ACK that has not left yet.
  void RefuseUp(std::string_view reason);

  [[nodiscard]] bool up() const { return sender_.has_value() && !IsBeginning() && !down_; }
  // Nothing is left to be done but to send what NextPacket still has.
  [[nodiscard]] bool down() const { return down_; }
  // Whether it has really ended is being asked.
  [[nodiscard]] bool asking() const { return question_.asked(); }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] AssociationTags tags() const {
    return {identity_.own_tag, identity_.peer_tag, identity_.own_tie, identity_.peer_tie};
  }
  // When the peer last sent something.
  [[nodiscard]] TimePoint heard() const { return heartbeats_.heard(); }
  [[nodiscard]] Closing::State closing() const { return closing_.state(); }
  [[nodiscard]] std::uint16_t streams() const { return out_streams_; }
  [[nodiscard]] const Capabilities& agreed() const { return agreed_; }
  // Only when it is or was up.
  [[nodiscard]] const Sender* sender() const { return sender_ ? &*sender_ : nullptr; }
  [[nodiscard]] const Receiver* receiver() const { return receiver_ ? &*receiver_ : nullptr; }
  [[nodiscard]] AssociationCounters counters() const;
  [[nodiscard]] const Paths& paths() const { return paths_; }
  // The largest packet that leaves, but for what asks whether larger ones get through.
  [[nodiscard]] std::size_t packet_bytes() const { return packet_bytes_; }

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
  void Report(CauseCode cause, ByteView value);
  void AfterInput(TimePoint now);

  // By which path what comes and goes (association_paths.cc).
  void TakeHosts(const std::vector<Host>& hosts, TimePoint now);
  // Whether a packet from there is to be looked at.
  [[nodiscard]] bool TakeFromElsewhere(const Address& from, const PacketView& packet,
                                       TimePoint now);
  [[nodiscard]] static bool UsesPath(ChunkType type);
  void NoteDataFrom(const Address& from);
  void AnswerHeartbeat(const ChunkView& chunk, TimePoint now);
  // PAD_TO: the size of its packet, 0: as large as it is.
  void SendElsewhere(const Address& to, ChunkType type, ByteView body, std::size_t pad_to = 0);
  void SendHeartbeat(const Address& to, ByteView info, std::size_t pad_to = 0);
  [[nodiscard]] std::size_t NextElsewhere(MutableByteView buffer, TimePoint now);
  void AskByAllPaths();
  [[nodiscard]] Paths::Load LoadOfPath() const;
  void SettlePaths(TimePoint now);
  void MoveTo(Path& path, TimePoint now);
  [[nodiscard]] bool IsUsable(const Path& path) const {
    return path.is_proven() || &path == &paths_.active();
  }
  [[nodiscard]] TimePoint NextMtuTimer() const;
  void SettleMtu(TimePoint now);
  void LimitPackets();

  // Ends, and what is said of them (association_ends.cc).
  void OnAbort(const ChunkView& chunk, TimePoint now);
  void OnShutdown(const ChunkView& chunk, TimePoint now);
  void OnShutdownAck(TimePoint now);
  void OnShutdownComplete();
  // How long an answer to a HEARTBEAT may take.
  [[nodiscard]] Duration ProbeTimeout() const;
  void Ask(EndQuestion::About about, std::string_view text, TimePoint now);
  // A HEARTBEAT that only the peer can have answered. False: not of a question.
  [[nodiscard]] bool OnAnswer(ByteView info, TimePoint now);
  void OnNewData(TimePoint now);
  // A SHUTDOWN that came may be asked about now, or is to be forgotten.
  void SettleClaim(TimePoint now);
  // What was claimed has been proven by now, or never will be.
  void SettleEnds(TimePoint now);
  void ForgetClaim();
  void SayAbort(std::string_view reason);
  void GoDown(DownReason reason, std::string_view text);
  // VALUE: of the cause, if that has one; TEXT is sent only with a cause that may have text.
  void Refuse(CauseCode cause, std::string_view text, DownReason reason, ByteView value = {});

  // Control chunks that only answer something, written ahead; what does not fit any more is lost,
  // as the packet that carries it could be.
  void Answer(ChunkType type, std::uint8_t flags, ByteView body);
  void WriteControl(BufferWriter& out, TimePoint now);
  void WriteSack(BufferWriter& out, TimePoint now);
  [[nodiscard]] std::size_t Finish(PacketWriter& packet, bool with_data, TimePoint now);

  AssociationSettings settings_;
  Identity identity_;
  Around around_;
  std::optional<Initiator> initiator_;
  Closing closing_;
  Heartbeats heartbeats_;
  Paths paths_;
  std::size_t packet_bytes_;
  // What leaves by another path than the one in use, each in a packet of its own.
  struct Elsewhere {
    Address to;
    Bytes chunk;
    std::size_t pad_to = 0;
  };
  std::deque<Elsewhere> elsewhere_;
  TokenBucket elsewhere_answers_;
  std::vector<Paths::Order> orders_;
  Address from_, destination_;        // of the packet that is being read, and of that written last
  bool must_stay_whole_ = false;      // that written last
  std::optional<Address> data_from_;  // the last data, if it was not by the path in use
  bool paths_due_ = false;            // something has come that they are to be settled for
  bool uses_path_ = false;            // in the packet that is being read: more than heartbeats
  EndQuestion question_;
  ShutdownClaim claim_;
  std::optional<Sender> sender_;
  std::optional<Receiver> receiver_;
  Capabilities agreed_;
  std::uint16_t out_streams_ = 0;
  Bytes answers_;           // whole chunks
  Duration cookie_trip_{};  // from our INIT ACK to its COOKIE ECHO; 0: we began
  bool trusted_ = false;
  bool down_ = false;
  bool linux_fragments_ = false;
  bool wants_new_tag_ = false;
  bool got_data_ = false;  // in the packet that is being read
  AssociationCounters counters_;
};

}  // namespace sctp
