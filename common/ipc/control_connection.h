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

// One connection. Owned by whoever talks over it; destroying it closes it, from inside a callback
// too.
class ControlConnection {
 public:
  struct Callbacks {
    // One message. FD is empty unless one came; then the message is of a type that brings a channel
    // socket, and it is one. The packet is gone after the call.
    std::function<void(ByteView packet, ForeignFd fd)> on_message;
    // The connection is over, once; nothing comes after it. The code of WHY is kClosedByPeer where
    // the peer closed it.
    std::function<void(const Error& why)> on_closed;
  };
  // Messages handled before other sources of the loop have their turn.
  static constexpr int kBudget = 64;

  [[nodiscard]] static Result<std::unique_ptr<ControlConnection>> Create(event::Loop& loop,
                                                                         ControlSocket socket,
                                                                         Callbacks callbacks);
  [[nodiscard]] static Result<std::unique_ptr<ControlConnection>> Connect(event::Loop& loop,
                                                                          const std::string& path,
                                                                          Callbacks callbacks);
  ~ControlConnection();

  // False: the connection is over or its queue overflowed. What the far end sent before it went is
  // read first; then on_closed comes.
  bool SendPacket(Secret packet, UniqueFd fd = {});
  template <typename Message>
  bool Send(const Message& message, UniqueFd fd = {}) {
    return SendPacket(Serialize(message), std::move(fd));
  }
  // E.g. a peer that broke a rule: on_closed comes in the next turn with REASON, nothing else any
  // more.
  void Fail(std::string reason);
  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] std::size_t queued_bytes() const { return socket_.queued_bytes(); }

 private:
  ControlConnection(ControlSocket socket, Callbacks callbacks);
  void OnReady(std::uint32_t events);
  // False: there may be more.
  bool Receive();
  // The connection is over; on_closed comes in the next turn.
  void End(Error why);
  // Sending failed: what came before is still read, then the connection ends.
  void StopSending(Error why);
  // Reads the rest where sending failed; then calls on_closed.
  void OnEnding();

  ControlSocket socket_;
  Callbacks callbacks_;
  std::optional<Error> over_;
  std::optional<Error> cannot_send_;  // any more, and why: only what came is read yet
  std::unique_ptr<event::IoWatch> watch_;
  std::unique_ptr<event::Timer> ending_;
  // Cleared by the destructor: by it a callback's caller knows that this object is gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Accepts on a listening socket that the service manager passed. Who connects is looked up by the
// name service first (names.h), on a thread of its own; root and our own user need not be.
class ControlListener {
 public:
  using OnConnection = std::function<void(ForeignFd connection)>;

  // Above MAX_PER_TURN the rest waits for the next turn.
  static constexpr int kMaxPerTurn = 16;
  // While so many descriptors of others wait to be closed, connections wait to be accepted.
  static constexpr std::size_t kMaxClosing = 4096;
  [[nodiscard]] static Result<std::unique_ptr<ControlListener>> Create(event::Loop& loop,
                                                                       UniqueFd listening,
                                                                       OnConnection on_connection);

 private:
  ControlListener(event::Loop& loop, UniqueFd listening, OnConnection on_connection);
  void OnReady();
  // Has its user looked up, off the loop, before it is handed over.
  void Identify(ForeignFd connection);
  // Passes on all connections of UID that waited.
  void HandOver(uid_t uid);
  // Accepts nothing for a while.
  void Pause();

  UniqueFd listening_;
  OnConnection on_connection_;
  std::map<uid_t, std::vector<ForeignFd>> waiting_;  // to be looked up
  event::WorkPool look_ups_;
  std::unique_ptr<event::Timer> pause_;  // after EMFILE and the like
  std::unique_ptr<event::IoWatch> watch_;
};

}  // namespace funnel::ipc
