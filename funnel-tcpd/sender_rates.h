// What those may send whose bytes go towards the backend: a client of ours at the listening side,
// the channel's peer at the connecting side. It counts and logs whom it turns away, or lets wait.
//
// Owned by a SessionPump, on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/socket_address.h"
#include "funnel-tcpd/channel_port.h"
#include "funnel-tcpd/session_report.h"
#include "funnel-tcpd/shared_state.h"
#include "funnel-tcpd/throttle.h"

namespace funnel::tcpd {

class SenderRates {
 public:
  // A session as the rate of its sender sees it.
  class Reader final : public Throttle::Reader {
   public:
    Reader(const SenderRates& owner, SessionId id, std::string who,
           std::optional<SocketAddress> from)
        : Throttle::Reader(std::move(who)), client(std::move(from)), owner_(owner), id_(id) {}
    void OnMayRead() override { owner_.on_may_read_(id_); }

    const std::optional<SocketAddress> client;  // nullopt: the sender is the peer

   private:
    const SenderRates& owner_;
    SessionId id_;
  };

  // ON_MAY_READ: a session that had to wait may go on. All of them outlive it.
  SenderRates(SharedState& shared, const ChannelPort& port, SessionReport& report,
              std::function<void(SessionId)> on_may_read)
      : shared_(shared), port_(port), report_(report), on_may_read_(std::move(on_may_read)) {}

  // Connecting side: for one more session of the peer; empty: it may have none.
  [[nodiscard]] SessionLimit::Slot TakeSlot(const std::string& principal);
  // For Session ID, which CLIENT opened, or the peer.
  [[nodiscard]] std::unique_ptr<Reader> ForClient(SessionId id, const SocketAddress& client);
  [[nodiscard]] std::unique_ptr<Reader> ForPeer(SessionId id);
  // Whether the sender is within its rate; if not, ON_MAY_READ follows.
  [[nodiscard]] bool MayRead(Reader& reader);
  // So many of its bytes were taken.
  void OnRead(Reader& reader, std::size_t bytes, TimePoint now) {
    shared_.throttle->OnRead(reader, bytes, now);
  }

 private:
  SharedState& shared_;
  const ChannelPort& port_;
  SessionReport& report_;
  std::function<void(SessionId)> on_may_read_;
};

}  // namespace funnel::tcpd
