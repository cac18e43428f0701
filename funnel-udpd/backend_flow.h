// One UDP flow of the server side: a socket of its own towards the backend, which so sees a stable
// source port for each client. The socket is not connected, so that what comes from elsewhere than
// the backend's address is counted before it is dropped.
//
// Owned by ConnectSide, on the loop's thread.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <vector>

#include "common/event/descriptors.h"
#include "common/net/address_race.h"
#include "common/service/application.h"
#include "funnel-udpd/flow_ranks.h"
#include "funnel-udpd/held_datagrams.h"
#include "funnel-udpd/send_batch.h"
#include "funnel-udpd/shared_state.h"

namespace funnel::udpd {

class BackendFlow final : public event::DescriptorHandler, public RankedFlow {
 public:
  class User {
   public:
    virtual ~User() = default;
    virtual void OnBackendDatagram(BackendFlow& flow, ByteView datagram) = 0;
    // A datagram to backend() was refused or did not get there. FLOW stays while this is called.
    virtual void OnBackendFailed(BackendFlow& flow, int error) = 0;
  };

  // WHO distinguishes the client from all others, across channels.
  BackendFlow(SharedState& shared, SendBatch& out, User& user, std::string who);
  ~BackendFlow() override;

  // Sends to BACKEND from now on, first of all what is held. Fails where no way leads there.
  [[nodiscard]] Result<> SetBackend(const SocketAddress& backend);
  // Without a family: there is none yet.
  [[nodiscard]] const SocketAddress& backend() const { return backend_; }
  [[nodiscard]] bool connected() const { return backend_.family() != AF_UNSPEC; }
  // KEEP_COPY: another address may have to take it instead.
  void Send(ByteView datagram, bool keep_copy);
  // Another address must not get what was sent so far.
  void ForgetSent() { held_.Clear(); }

  void OnReady(std::uint32_t events) override;

  [[nodiscard]] const std::string& who() const { return who_; }

  // Kept by ConnectSide.
  service::ChannelHandle* channel = nullptr;  // nullptr: its channel ended, it waits for the next
  SessionId session;
  std::list<BackendFlow>::iterator place;

  // Kept by BackendPicker.
  struct Choice {
    std::optional<net::AddressRace> race;
    std::vector<SocketAddress> tried;  // since the last answer
    std::string why;                   // the last of them did not do
    std::uint64_t waiting = 0;         // its number there while it has no choice; 0: it has
    std::uint64_t generation = 0;      // of the addresses that it knows of
  };
  Choice choice;

 private:
  static constexpr int kBatches = 4;

  // A socket of FAMILY; one that is there stays.
  [[nodiscard]] Result<> Open(int family);
  // Fails where the kernel has no route to BACKEND.
  [[nodiscard]] Result<> CheckRoute(const SocketAddress& backend);
  // Reads the socket's error queue: ICMP messages, each with the address that refused.
  void TakeErrors();
  // Passes on the COUNT datagrams that were received; those from elsewhere are counted.
  void Take(int count);

  SharedState& shared_;
  SendBatch& out_;
  User& user_;
  std::string who_;
  SocketAddress backend_, previous_;
  int family_ = AF_UNSPEC;  // of the socket
  UniqueFd fd_;
  event::Registration registration_;
  HeldDatagrams held_;
};

}  // namespace funnel::udpd
