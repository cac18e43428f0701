// Accepts connections on the listening sockets, so that none waits there unseen. A connection
// beyond max-sessions or its client's limits, or while the service is drained, is reset at once, so
// that its client can go elsewhere. If descriptors run out, a spare one is closed, so that the new
// connection can still be reset. A connection from a load balancer (accept-proxy-from) counts as
// its client's, and so does not count before its PROXY header has come.
//
// Owned by the listening side, on the loop's thread. The callback is called at the end of a turn
// and must not destroy the acceptor.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "funnel-tcpd/accept/proxy_gate.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class Acceptor {
 public:
  // Whether balancers (accept-proxy-from) come to its sockets, too. If not, each connection is its
  // client's own.
  enum class Balancers { kCome, kDoNot };
  // A new connection: non-blocking, with its options set.
  using OnConnection = std::function<void(Connection connection)>;
  // How many are taken from one socket before others get their turn.
  static constexpr int kBatch = 64;

  Acceptor(SharedState& shared, OnConnection on_connection, Balancers balancers = Balancers::kCome);

  // LISTENING must be non-blocking and listening.
  [[nodiscard]] Result<> Add(UniqueFd listening);
  // Accepts no more; connections that the kernel holds stay for the next owner of the socket.
  void Stop();
  // Whether the kernel answers new connections at all; those that it has taken already are accepted
  // in any case. The error is the last socket's.
  [[nodiscard]] Result<> SetAnswering(bool on);
  // Those whose PROXY header has not come yet.
  [[nodiscard]] const ProxyGate& gate() const { return gate_; }

 private:
  struct Listener final : event::DescriptorHandler {
    Listener(Acceptor& acceptor, UniqueFd fd);
    void OnReady(std::uint32_t events) override;

    Acceptor& acceptor;
    UniqueFd fd;
    event::Registration watch;
    bool ready = false;
  };

  // Runs at the end of a turn: connections that ended in the same turn have returned their slots.
  void AcceptReady();

  // False: there is nothing more to accept now.
  [[nodiscard]] bool AcceptOne(int listening);
  // Whether there is more to accept now.
  [[nodiscard]] bool OnAcceptError(int listening, int error);
  // Holds FD back until its PROXY header has come.
  void Expect(UniqueFd fd, const SocketAddress& balancer);
  // Empty if max-sessions is reached, which it counts and logs. CLIENT as in SessionLimit.
  [[nodiscard]] SessionLimit::Slot TakeSlot(std::string client);
  // Resets FD if the service is drained.
  [[nodiscard]] bool IsDrained(UniqueFd& fd);
  // Whether CLIENT may have one more connection now; if not, counts and logs that.
  [[nodiscard]] bool MayCome(const SocketAddress& client);
  // Passes the connection on, or resets it because the service is drained, the client has too many
  // or max-sessions is reached. LOCAL is where CLIENT connected to.
  void Admit(UniqueFd fd, const SocketAddress& client, const SocketAddress& local);
  // No descriptor is free: closes the spare one, to be able to reset one connection.
  void Shed(int listening);
  // Accepts nothing for a while: the system has no memory or descriptors.
  void Pause();
  void SetListening(bool on);

  SharedState& shared_;
  OnConnection on_connection_;
  const Balancers balancers_;
  ProxyGate gate_;
  UniqueFd spare_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unique_ptr<event::Timer> pause_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::tcpd
