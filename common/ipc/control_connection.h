// A ControlSocket on the loop, and the listening socket that accepts them.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "common/event/loop.h"
#include "common/event/work_pool.h"
#include "common/ipc/control_socket.h"

namespace funnel::ipc {

// One connection. Owned by its user; its destructor closes it, and may be called inside a callback.
class ControlConnection {
 public:
  struct Callbacks {
    // One message. FD is empty unless a descriptor came; then the message is of a type that brings
    // a channel socket, or a listening one, and FD is that. The packet is gone after the call.
    std::function<void(ByteView packet, ForeignFd fd)> on_message;
    // The connection is over. It is called once, as the last one. The code of WHY is kClosedByPeer
    // if the peer closed it.
    std::function<void(const Error& why)> on_closed;
  };
  // How many messages are handled before other sources of the loop get their turn.
  static constexpr int kBudget = 64;

  [[nodiscard]] static Result<std::unique_ptr<ControlConnection>> Create(event::Loop& loop,
                                                                         ControlSocket socket,
                                                                         Callbacks callbacks);
  [[nodiscard]] static Result<std::unique_ptr<ControlConnection>> Connect(event::Loop& loop,
                                                                          const std::string& path,
                                                                          Callbacks callbacks);
  ~ControlConnection();

  // False: the connection is over or its queue overflowed. What the far end sent before is read
  // first; then on_closed is called.
  bool SendPacket(Secret packet, UniqueFd fd = {});
  template <typename Message>
  bool Send(const Message& message, UniqueFd fd = {}) {
    return SendPacket(Serialize(message), std::move(fd));
  }
  // For example because the peer broke a rule: on_closed is called in the next turn with REASON,
  // and nothing else.
  void Fail(std::string reason);
  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] std::size_t queued_bytes() const { return socket_.queued_bytes(); }

 private:
  ControlConnection(ControlSocket socket, Callbacks callbacks);
  void OnReady(std::uint32_t events);
  // False: there may be more to read.
  bool Receive();
  // The connection is over; on_closed comes in the next turn.
  void End(Error why);
  // Sending failed: what came before is still read, then the connection ends.
  void StopSending(Error why);
  // Reads the rest after sending failed; then calls on_closed.
  void OnEnding();

  ControlSocket socket_;
  Callbacks callbacks_;
  std::optional<Error> over_;
  std::optional<Error> cannot_send_;  // set once sending failed: what came is still read
  std::unique_ptr<event::IoWatch> watch_;
  std::unique_ptr<event::Timer> ending_;
  // The destructor clears it: so the caller of a callback knows that this object is gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Accepts on a listening socket that the service manager passed. Before a connection is handed
// over, the name service looks up its user (names.h), on another thread; root and our own user need
// none.
class ControlListener {
 public:
  using OnConnection = std::function<void(ForeignFd connection)>;

  // Beyond MAX_PER_TURN the rest waits for the next turn.
  static constexpr int kMaxPerTurn = 16;
  // While so many foreign descriptors wait to be closed, no connection is accepted.
  static constexpr std::size_t kMaxClosing = 4096;
  [[nodiscard]] static Result<std::unique_ptr<ControlListener>> Create(event::Loop& loop,
                                                                       UniqueFd listening,
                                                                       OnConnection on_connection);

 private:
  ControlListener(event::Loop& loop, UniqueFd listening, OnConnection on_connection);
  void OnReady();
  // Looks up the user, off the loop, before the connection is handed over.
  void Identify(ForeignFd connection);
  // Hands over all connections of UID that waited.
  void HandOver(uid_t uid);
  // Accepts nothing for a while.
  void Pause();

  UniqueFd listening_;
  OnConnection on_connection_;
  std::map<uid_t, std::vector<ForeignFd>> waiting_;  // for the look-up
  event::WorkPool look_ups_;
  std::unique_ptr<event::Timer> pause_;  // after EMFILE and the like
  std::unique_ptr<event::IoWatch> watch_;
};

}  // namespace funnel::ipc
