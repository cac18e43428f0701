// One channel's protocol state: sealed frames in, deliveries out; sessions, order, credit, epochs. It does
// no I/O, reads no clock and holds no key material outside its FrameCiphers (man/funnel-protocol.7).
//
// Owned by an edge (common/service), one thread. Call order: construct with the first epoch's cipher ->
// OnSealed() for each SEALED frame, the sending calls at will, Flush() when the input is drained, OnTimer()
// when NextTimer() is due -> until state() is kEnded. Observer callbacks come from inside OnSealed(),
// OnTimer() and Resume(); from within them every sending call is allowed, Flush() and OnSealed() are not.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/secret.h"
#include "common/wire/crypto.h"

namespace funnel::wire {

enum class Role : std::uint8_t { kInitiator = 0, kAcceptor = 1 };

// Why a session or channel ended; on the wire in RESET and FAREWELL (16 bit).
enum class EndCode : std::uint16_t {
  kNone = 0,
  kShutdown = 1,          // the daemon stops
  kReset = 2,             // the application's connection was reset
  kConnectFailed = 3,     // the backend did not take the connection
  kTimeout = 4,
  kLimit = 5,             // a limit of the receiver was reached
  kProtocol = 6,          // the peer broke a rule
  kTruncated = 7,         // ended without an authenticated farewell
  kExpired = 8,           // the security context's life is over
  kRevoked = 9,           // the access rule no longer holds
  kInternal = 10,
};

struct ChannelSettings {
  // Largest frame that fits one packet: whole SCTP message, clear header and sealing included.
  std::size_t packet_budget = 1384;
  // Largest frame for bulk data; filled such that packets are filled exactly.
  std::size_t bulk_frame = 16 * 1024;
  // Receiving: what we grant. Windows start at the protocol's initial values and grow to these as the
  // application keeps up.
  std::uint64_t session_window_max = 4 << 20;
  std::uint64_t channel_window_max = 16 << 20;
  std::uint64_t max_sessions = 16384;     // live sessions we let the peer (or ourselves) have
  std::chrono::milliseconds lifetime{0};  // of DATAGRAM frames; 0: reliable
  Duration ping_interval = std::chrono::seconds(30);
  Duration missing_timeout = std::chrono::seconds(60);  // reliable frame announced and missing
};

// What OPEN_SESSION carries about a client. Addresses are text as in "192.0.2.1:53", empty if unknown.
struct SessionInfo {
  std::string client;
  std::string local;
};

// Numbers for counters and `funnelctl status`; only ever grow.
struct ChannelStats {
  std::uint64_t frames_sent = 0, frames_received = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;  // application payload
  std::uint64_t replays = 0, forged = 0, wrong_epoch = 0, too_old = 0;  // dropped frames
  std::uint64_t violations = 0, late_datagrams = 0, datagrams_dropped = 0;
};

class ChannelObserver {
 public:
  virtual ~ChannelObserver() = default;
  // The first frame with the right CONFIRM was opened: both ends agree on keys and handshake.
  virtual void OnConfirmed() = 0;
  // Acceptor only: the peer opened a session.
  virtual void OnSessionOpened(SessionId session, const SessionInfo& info) = 0;
  virtual void OnDatagram(SessionId session, ByteView datagram) = 0;
  // Bytes of the next deliverable message, in the order the peer stated. Returns how many were taken
  // (written to the output entirely); fewer than all: the channel keeps the rest, and calls again only
  // after Resume(session). Credit is given back for what was taken.
  virtual std::size_t OnMessage(SessionId session, ByteView bytes) = 0;
  // The peer's direction ended cleanly (authenticated FIN), and everything before it was delivered.
  virtual void OnFin(SessionId session) = 0;
  // The session is over and forgotten: reset by the peer, by a violation, or by the end of the channel.
  virtual void OnSessionReset(SessionId session, EndCode code) = 0;
  // Credit arrived: SendMessage(session) takes bytes again after it had taken fewer than offered.
  virtual void OnWritable(SessionId session) = 0;
  virtual void OnPong(std::uint64_t value, Duration round_trip) = 0;
  // Initiator: time for a new epoch. Ask authd for a token, then StartRekey(). Once a run.
  virtual void OnRekeyDue(Epoch next) = 0;
  // A REKEY record came. Acceptor: ask authd, then AnswerRekey(). Initiator: ask authd, then
  // InstallEpoch(). The token is untrusted input for authd, from an authenticated peer.
  virtual void OnRekeyToken(Epoch next, ByteView token) = 0;
  // The channel is over. clean: the peer's FAREWELL, or ours, and nothing is missing. Every live session
  // got OnSessionReset before.
  virtual void OnEnded(EndCode code, const std::string& text, bool clean) = 0;
};

// Where Flush() puts sealed frames. LIFETIME is 0 for reliable ones.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // Room for one frame of SIZE bytes (12-byte clear header included), or an empty view when the sink is
  // full: Flush() stops, and is called again when there is room.
  virtual MutableByteView Reserve(std::size_t size) = 0;
  // The reserved frame is filled.
  virtual void Commit(std::size_t size) = 0;
};

struct EpochKeys {
  std::unique_ptr<FrameCipher> cipher;
  Bytes confirm;    // 32 bytes, the same at both ends: SHA-256 over OPEN and OPENED (or the REKEY exchange)
  BootTime expires; // end of the GSS context; both ends close 60 s after it
};

class Channel {
 public:
  enum class State { kConfirming, kOpen, kClosing, kEnded };

  Channel(Role role, ChannelId id, const ChannelSettings& settings, EpochKeys first, ChannelObserver& observer,
          TimePoint now, BootTime boot_now);
  ~Channel();

  // --- input
  // One whole SEALED frame as it came, header included; opened in place. Never fails: forged and repeated
  // frames are counted, a violation ends the session or the channel.
  void OnSealed(MutableByteView frame, TimePoint now, BootTime boot_now);
  // CLOSED or REFUSED came (unauthenticated), or the link died. What was promised by FAREWELL may still
  // be waited for; without it the channel ends as truncated.
  void OnLinkClosed(bool abrupt, TimePoint now);

  // --- sessions (initiator opens)
  // nullopt: the peer's limit of sessions or ours is reached.
  [[nodiscard]] std::optional<SessionId> OpenSession(const SessionInfo& info);
  // False: unknown session (it ended meanwhile); the datagram is dropped and counted.
  bool SendDatagram(SessionId session, ByteView datagram);
  // A piece of the ORDERED chain of this session (a TCP byte stream). Returns how many bytes were taken:
  // bounded by credit and by the send queue; OnWritable tells when to offer the rest. The bytes are copied.
  [[nodiscard]] std::size_t SendBytes(SessionId session, ByteView bytes);
  // How many bytes SendBytes would take now.
  [[nodiscard]] std::size_t Writable(SessionId session) const;
  // No more from us: the peer's OnFin comes after all that was sent. A session both of whose directions
  // have FIN is over without OnSessionReset.
  void SendFin(SessionId session);
  void ResetSession(SessionId session, EndCode code);
  // A UDP flow that expired.
  void EndSession(SessionId session);
  // The output of this session takes bytes again: may call OnMessage and OnFin before it returns.
  void Resume(SessionId session);

  // --- channel
  void Ping(std::uint64_t value, TimePoint now);
  void StartRekey(ByteView token);                       // initiator, after OnRekeyDue
  void AnswerRekey(ByteView token, EpochKeys next);      // acceptor, after OnRekeyToken
  void InstallEpoch(EpochKeys next);                     // initiator, after OnRekeyToken
  void RekeyFailed();                                    // the old epoch goes on to its limit
  // The authenticated end: FAREWELL goes out after everything queued; no new sessions, live ones are reset.
  void Close(EndCode code, const std::string& text);

  // --- output
  // Packs what waits into frames and seals them until nothing waits or the sink is full. True: nothing waits.
  bool Flush(FrameSink& sink, TimePoint now, BootTime boot_now);
  [[nodiscard]] bool WantsFlush() const;
  [[nodiscard]] std::optional<TimePoint> NextTimer() const;
  void OnTimer(TimePoint now, BootTime boot_now);

  [[nodiscard]] State state() const;
  [[nodiscard]] Epoch epoch() const;
  [[nodiscard]] const ChannelStats& stats() const;
  [[nodiscard]] std::size_t session_count() const;
  // Bytes held for sending, and received but not yet delivered.
  [[nodiscard]] std::size_t queued_bytes() const;
  [[nodiscard]] std::size_t undelivered_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace funnel::wire
