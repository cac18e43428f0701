// One TCP connection of a channel, or one flow of a command: moves bytes between its socket and the
// channel, in both directions, with half-close. It has no buffer: the channel keeps what the socket
// does not take yet, and no more is read from the socket than the channel takes.
//
// Owned by a SessionPump, on the loop's thread. It never destroys itself: once over(), it has
// closed its socket and notified the pump, and waits to be removed.
//
// The socket is watched edge-triggered, so that neither a paused direction nor a hang-up costs a
// system call: `readable_` and `blocked_` remember what the last edge reported.
#pragma once

#include <sys/types.h>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/unique_fd.h"
#include "common/event/descriptors.h"

namespace funnel::tcpd {

class Session;

// What a session needs from the pump.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  // As in ChannelPort; empty: the session waits, and Read() is called when it need not any more.
  [[nodiscard]] virtual MutableByteView PrepareBytes(SessionId session) = 0;
  virtual void CommitBytes(SessionId session, std::size_t count) = 0;
  virtual void SendFin(SessionId session) = 0;
  virtual void Resume(SessionId session) = 0;
  // The socket has more bytes, but its share of this turn is used up: call Read() in the next turn.
  virtual void RequestTurn(Session& session) = 0;
  // The socket took less than it was offered.
  virtual void OnOutputBlocked() = 0;
  // Both directions have ended cleanly.
  virtual void OnFinished(Session& session) = 0;
  // The application has reset the connection, and what it had sent before was read.
  virtual void OnBroken(Session& session) = 0;
};

class Session final : public event::DescriptorHandler {
 public:
  // How much one session may read in a turn: two turns' worth fill the pipe, and a thousand busy
  // sessions still all get their turn within a second.
  static constexpr std::size_t kTurnBytes = 256 * 1024;

  // Over a Unix socket its other end may pass descriptors, which nobody wants: they are taken, and
  // closed by threads that may wait for it (foreign_fd.h), as is the socket.
  enum class Socket { kInternet, kUnix };

  Session(SessionOwner& owner, SessionId id, UniqueFd fd, Socket socket = Socket::kInternet);

  // Watches the socket: bytes flow from here on.
  [[nodiscard]] Result<> Start(event::EpollSet& set);

  // Moves bytes from the socket to the channel, until the socket is empty, the channel takes no
  // more, or kTurnBytes are read.
  void Read();
  // Moves bytes from the channel to the socket; returns how many it took.
  [[nodiscard]] std::size_t Write(ByteView bytes);
  // The peer's direction has ended, and all of it was written.
  void FinishOutput();
  // Closes the socket so that the application sees a reset, and notifies nobody.
  void Abort();
  // Does the same, but the caller closes the socket.
  [[nodiscard]] UniqueFd Detach();

  [[nodiscard]] SessionId id() const { return id_; }
  [[nodiscard]] bool over() const { return !fd_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // Set by the pump: the session is in its list for the next turn.
  bool queued = false;

 private:
  void OnReady(std::uint32_t events) override;
  // As recv(2).
  [[nodiscard]] ssize_t Receive(MutableByteView buffer) const;
  // Takes the socket's error; a Unix socket may report EPOLLERR without one.
  [[nodiscard]] bool HasError() const;
  // The application has ended its direction.
  void OnEndOfInput();
  // Closes the socket cleanly once both directions have ended.
  void FinishIfDone();
  // The connection was reset; the owner is notified after all that came before was read.
  void Break();

  SessionOwner& owner_;
  const SessionId id_;
  UniqueFd fd_;
  const Socket socket_;
  event::Registration watch_;
  bool input_open_ = true;   // socket -> channel
  bool output_open_ = true;  // channel -> socket
  bool readable_ = false;    // there may be something to read
  bool blocked_ = false;     // the socket's buffer is full
  bool broken_ = false;      // it was reset: nothing can be written, but what has come can be read
};

}  // namespace funnel::tcpd
