// One listening UDP socket of the client side: receives datagrams with the address to which each
// was sent, and sends answers from that address (so that a wildcard socket answers from the address
// that was asked).
//
// Owned by ListenSide, on the loop's thread.
#pragma once

#include "common/event/descriptors.h"
#include "common/service/application.h"
#include "funnel-udpd/group_member.h"
#include "funnel-udpd/send_batch.h"
#include "funnel-udpd/shared_state.h"

namespace funnel::udpd {

class Listener final : public event::DescriptorHandler {
 public:
  class User {
   public:
    virtual ~User() = default;
    // LOCAL is the address that the client asked, with our port. The bytes are gone after the call.
    virtual void OnClientDatagram(Listener& listener, const SocketAddress& client,
                                  const SocketAddress& local,
                                  const service::Datagram& datagram) = 0;
  };

  Listener(SharedState& shared, SendBatch& out, User& user, UniqueFd fd);
  // Starts to read. Fails if the socket cannot report the address to which a datagram was sent.
  [[nodiscard]] Result<> Start();
  // Also called by Start().
  [[nodiscard]] Result<> OnReload();
  void Stop() { registration_.Remove(); }
  void Answer(const SocketAddress& client, const SocketAddress& local,
              const service::Datagram& datagram);

  void OnReady(std::uint32_t events) override;

 private:
  // How many batches are read before other sockets get their turn.
  static constexpr int kBatches = 8;

  SharedState& shared_;
  SendBatch& out_;
  User& user_;
  UniqueFd fd_;
  SocketAddress bound_;
  GroupMember groups_;
  event::Registration registration_;
};

}  // namespace funnel::udpd
