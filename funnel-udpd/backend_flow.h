// One UDP flow of the server side: a connected socket of its own towards the backend, which so sees
// a stable source port for each client.
//
// Owned by ConnectSide, on the loop's thread.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "common/event/descriptors.h"
#include "common/service/application.h"
#include "funnel-udpd/parts.h"
#include "funnel-udpd/send_batch.h"

namespace funnel::udpd {

class BackendFlow final : public event::DescriptorHandler {
 public:
  // Datagrams that wait while the backend's name is looked up; the oldest is dropped beyond.
  static constexpr std::size_t kMaxEarly = 8;

  class User {
   public:
    virtual ~User() = default;
    virtual void OnBackendDatagram(BackendFlow& flow, ByteView datagram) = 0;
  };

  // WHO tells the client apart from all others, across channels.
  BackendFlow(Parts& parts, SendBatch& out, User& user, std::string who);
  ~BackendFlow() override;

  // Opens the socket, and sends what waited.
  [[nodiscard]] Result<> Connect(const SocketAddress& backend);
  [[nodiscard]] bool connected() const { return static_cast<bool>(fd_); }
  void Send(ByteView datagram);

  void OnReady(std::uint32_t events) override;

  [[nodiscard]] const std::string& who() const { return who_; }

  // Kept by ConnectSide.
  service::ChannelHandle* channel = nullptr;  // nullptr: its channel ended, it waits for the next
  SessionId session;
  TimePoint opened{};
  TimePoint active{};
  std::list<BackendFlow>::iterator place;

 private:
  static constexpr int kBatches = 4;

  Parts& parts_;
  SendBatch& out_;
  User& user_;
  std::string who_;
  UniqueFd fd_;
  event::Registration registration_;
  std::vector<Bytes> early_;
};

}  // namespace funnel::udpd
