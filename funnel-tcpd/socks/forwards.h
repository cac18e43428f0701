// Ports that `funnelctl forward` opened: whoever connects there is connected to the forward's
// target, by the far end's rules, as if they had named it by SOCKS. Client limits, max-sessions and
// draining apply to them as to clients of the service's own port; accept-when and
// accept-proxy-from, which are about that port, do not.
//
// The asker holds a listening socket, too, while the command is on its way, and could make it block
// again: who may forward may stop the service as well.
//
// Owned by the edge, on the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/clock.h"
#include "common/service/forward.h"
#include "funnel-tcpd/accept/acceptor.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class Forwards {
 public:
  // ON_CONNECTION gets a connection whose `info` has its target, at the end of a turn.
  Forwards(SharedState& shared, std::function<void(Connection)> on_connection)
      : shared_(shared), on_connection_(std::move(on_connection)) {}

  // Fails if there are max-forwards, or the service is drained.
  [[nodiscard]] Result<service::ForwardId> Add(service::ForwardRequest request);
  // Its asker has gone. Connections that it has taken go on.
  void End(service::ForwardId id);
  // Ends all of them, and says to their askers WHY.
  void Stop(std::string_view why);

  void Visit(const std::function<void(const service::ForwardView&)>& visit) const;
  // Since when there has been none; nullopt: there are some.
  [[nodiscard]] std::optional<TimePoint> IdleSince() const;

 private:
  struct Forward {
    service::ForwardRequest request;  // its socket is the acceptor's
    std::string listen;
    TimePoint since = Now();
    std::uint64_t connections = 0;
    std::optional<Acceptor> acceptor;
  };

  // Gives it its target.
  void Take(Forward& forward, Connection connection);
  // TEXT follows the forward in a line of the log.
  void LogForward(const Forward& forward, std::string_view event, const std::string& text) const;
  // FORWARD, which is in no list any more, has ended for the reason WHY.
  void LogEnd(const Forward& forward, std::string_view why);

  SharedState& shared_;
  std::function<void(Connection)> on_connection_;
  std::map<service::ForwardId, std::unique_ptr<Forward>> forwards_;
  std::uint64_t last_id_ = 0;
  TimePoint last_end_ = Now();
};

}  // namespace funnel::tcpd
