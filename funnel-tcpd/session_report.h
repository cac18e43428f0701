// What is said about the sessions of one channel: to funnelctl, in the access log, and in the log
// where a time was over. It knows which side of the tunnel this end is, and no socket.
//
// Owned by a SessionPump.
#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/service/backend/backend_pool.h"
#include "common/service/client/access_log.h"
#include "common/wire/frame/types.h"
#include "funnel-tcpd/channel_port.h"
#include "funnel-tcpd/session_clock.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

// What is known of a session while it lives.
struct SessionFacts {
  wire::SessionInfo info{};
  TimePoint opened = Now();
  service::AccessCounts counts = {};
  service::BackendPool::Use backend;  // connecting side, once it is connected
  std::string connected;              // the same for a target: its address
  bool fin = false;  // the peer's direction has ended, maybe before the backend was connected
  bool ours_ended_first = false;
};

class SessionReport {
 public:
  enum class End { kListening, kConnecting };

  // Both outlive it.
  SessionReport(SharedState& shared, const ChannelPort& port, End end)
      : shared_(shared), port_(port), end_(end) {}

  // The application at this end, and the one at the other.
  [[nodiscard]] std::string_view OurSide() const { return listens() ? "client" : "backend"; }
  [[nodiscard]] std::string_view FarSide() const { return listens() ? "backend" : "client"; }
  // The backend that it is connected to; before that, all there are; empty on the listening side.
  // Of a session with a target: that, and on the connecting side its address in brackets.
  [[nodiscard]] std::string BackendText(const SessionFacts& facts) const;

  // Counts what was written to the application at this end, or read from it.
  void CountWritten(SessionFacts& facts, std::size_t bytes, TimePoint now) const;
  void CountRead(SessionFacts& facts, std::size_t bytes, TimePoint now) const;

  // How a session ended: cleanly, by a RESET from the far side or the end of the channel, by our
  // RESET.
  [[nodiscard]] service::AccessEnd ClosedBy(const SessionFacts& facts) const;
  [[nodiscard]] service::AccessEnd FarEnd(wire::EndCode code) const;
  [[nodiscard]] service::AccessEnd OwnEnd(wire::EndCode code) const;
  void LogAccess(const SessionFacts& facts, const service::AccessEnd& end);

  // CLIENT has to wait because of its rate.
  void CountDelay(const SocketAddress& client);
  // Connecting side: the channel's peer is turned away, or has to wait.
  void CountPeerRefusal(const service::RateLimits::Refusal& refusal);
  // A time of ours was over. Returns what the far side is to be told.
  [[nodiscard]] wire::EndCode CountTimeout(const SessionFacts& facts, SessionClock::Why why);
  // Logs it if CODE says that a time of the far side was over.
  void LogFarTimeout(const SessionFacts& facts, wire::EndCode code) const;

 private:
  [[nodiscard]] bool listens() const { return end_ == End::kListening; }
  // SIDE is the one whose application CODE may be about.
  void LogTimeout(const SessionFacts& facts, wire::EndCode code, std::string_view by,
                  std::string_view side) const;

  SharedState& shared_;
  const ChannelPort& port_;
  const End end_;
};

}  // namespace funnel::tcpd
