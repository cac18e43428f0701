// One UDP flow of the server side: a socket of its own towards the backend, so that the backend
// sees a stable source port for each client. The socket is not connected: so datagrams from another
// address than the backend's are counted before they are dropped.
//
// With backend-port = any, answers may come from any port of the backend's address, and the flow
// follows the first of these ports that is not the backend's own: what the client sends goes there,
// as a TFTP server's transfer identifier wants it (RFC 1350, section 4). If that port refuses
// something, the flow returns to the backend's own, which gets what was refused.
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
    virtual void OnBackendDatagram(BackendFlow& flow, const service::Datagram& datagram) = 0;
    // A datagram to backend() was refused or did not arrive. FLOW must not be destroyed during this
    // call.
    virtual void OnBackendFailed(BackendFlow& flow, int error) = 0;
  };

  // WHO is its owner (FlowOwner::text).
  BackendFlow(SharedState& shared, SendBatch& out, User& user, std::string who);
  ~BackendFlow() override;

  // Sends to BACKEND from now on, and first what is held. Fails if there is no route to it.
  [[nodiscard]] Result<> SetBackend(const SocketAddress& backend);
  // Without a family: there is none yet.
  [[nodiscard]] const SocketAddress& backend() const { return backend_; }
  [[nodiscard]] bool connected() const { return backend_.family() != AF_UNSPEC; }
  // Where datagrams go: backend(), or the port of it that the flow follows.
  [[nodiscard]] const SocketAddress& target() const { return follows() ? followed_ : backend_; }
  [[nodiscard]] bool follows() const { return followed_.family() != AF_UNSPEC && TakesAnyPort(); }
  // KEEP_COPY: it may have to be sent to another address.
  void Send(ByteView datagram, bool keep_copy);
  void OnReload();
  // No other address may get what was sent so far.
  void ForgetSent() { held_.Clear(); }

  void OnReady(std::uint32_t events) override;

  [[nodiscard]] const std::string& who() const { return who_; }

  // ConnectSide keeps these.
  service::ChannelHandle* channel = nullptr;  // nullptr: its channel has ended, it waits for the
                                              // next
  SessionId session;
  std::list<BackendFlow>::iterator place;
  std::uint8_t came_with = 0;  // DSCP of the client's last datagram
  Bytes preface{};             // ahead of each datagram to the backend: proxy-protocol
  // The client's address, where the service had source = transparent when it was looked whether the
  // peer may state it: a reload that sets it later makes no statement good.
  SocketAddress stated{};

  // BackendChooser keeps these.
  service::BackendPool::Use backend_use;         // set from Begin() on
  std::vector<service::BackendId> refused_by{};  // since the last answer; backend_use is the last

  // BackendPicker keeps these.
  struct Choice {
    std::optional<net::AddressRace> race;
    std::vector<SocketAddress> tried;       // since the last answer
    std::string why;                        // why the last of them could not be used
    CounterIndex counter = kConnectFailed;  // what counts that
    std::uint64_t waiting = 0;     // its number there while it has no address; 0: it has one
    std::uint64_t generation = 0;  // of the addresses that it has seen
  };
  Choice choice;

 private:
  static constexpr int kBatches = 4;

  // Sends it to target() at the end of the turn.
  void AddToBatch(ByteView datagram) {
    out_.Add(fd_.get(), target(), {}, datagram, shared_.MarkFor(came_with), preface);
  }
  // Opens a socket of BACKEND's family, if there is none yet.
  [[nodiscard]] Result<> OpenFor(const SocketAddress& backend);
  // Fails if the kernel has no route to BACKEND.
  [[nodiscard]] Result<> CheckRoute(const SocketAddress& backend);
  // Reads the socket's error queue: ICMP messages, each with the address that refused.
  void TakeErrors();
  // Passes on the COUNT datagrams that were received; those from other addresses are counted.
  void Take(int count);
  // Whether what comes from SOURCE is an answer. Counts it if that is not the port that was asked.
  [[nodiscard]] bool IsAnswer(const SocketAddress& source);
  [[nodiscard]] bool TakesAnyPort() const {
    return shared_.service.backend_port == config::PortRule::kAny;
  }
  // The followed port has refused something, which the backend's own gets now.
  void StopFollowing();

  SharedState& shared_;
  SendBatch& out_;
  User& user_;
  std::string who_;
  SocketAddress backend_, previous_;
  SocketAddress followed_;  // without a family: the backend's own port
  int family_ = AF_UNSPEC;  // of the socket
  UniqueFd fd_;
  event::Registration registration_;
  HeldDatagrams held_;
};

}  // namespace funnel::udpd
