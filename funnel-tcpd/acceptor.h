// Accepts connections on the listening sockets, and never lets them pile up unseen. One over
// max-sessions or what its client may have, or any while the service is drained, is reset at once,
// so that its client can go elsewhere. When descriptors run out a spare one is closed, so that the
// newcomer can still be reset.
//
// Owned by the listening side, on the loop's thread. The callback comes from the end of a turn and
// may not destroy the acceptor.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class Acceptor {
 public:
  // A new connection: non-blocking, its options set.
  using OnConnection = std::function<void(Connection connection)>;
  // Taken from one socket before others have their turn.
  static constexpr int kBatch = 64;

  Acceptor(SharedState& shared, OnConnection on_connection);

  // LISTENING is non-blocking and listens.
  [[nodiscard]] Result<> Add(UniqueFd listening);
  // No further connections; those that the kernel holds stay for whoever has the socket next.
  void Stop() { listeners_.clear(); }

 private:
  struct Listener final : event::DescriptorHandler {
    Listener(Acceptor& acceptor, UniqueFd fd);
    void OnReady(std::uint32_t events) override;

    Acceptor& acceptor;
    UniqueFd fd;
    event::Registration watch;
    bool ready = false;
  };

  // At the end of a turn: connections that ended in the same turn have given back their slots.
  void AcceptReady();

  // False: nothing more to accept now.
  [[nodiscard]] bool AcceptOne(int listening);
  // Whether there is more to accept now.
  [[nodiscard]] bool OnAcceptError(int listening, int error);
  // Whether CLIENT may have one more connection now; counts and logs that it may not.
  [[nodiscard]] bool MayCome(const SocketAddress& client);
  // Passes the connection on, or resets it: drained, not its client's turn, or max-sessions.
  void Admit(UniqueFd fd, const SocketAddress& client);
  // No descriptor is free: frees the spare one for as long as it takes to reset one connection.
  void Shed(int listening);
  // Accepts nothing for a while: the system has no memory or descriptors.
  void Pause();
  void SetListening(bool on);

  SharedState& shared_;
  OnConnection on_connection_;
  UniqueFd spare_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unique_ptr<event::Timer> pause_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::tcpd
