// $RUN/service/NAME.sock: where the edge that serves NAME is handed its channels. Connecting starts
// the edge where the service manager holds the socket.
#pragma once

#include <string>

#include "funnel-sctpd/interfaces.h"

namespace funnel::sctpd {

class ServiceSockets final : public ServiceInterface {
 public:
  explicit ServiceSockets(std::string directory) : directory_(std::move(directory)) {}
  // One connection a channel: it is closed behind the message, which stays in the edge's backlog.
  [[nodiscard]] Result<> Send(const ipc::Adopt& message, UniqueFd link) override;

 private:
  std::string directory_;
};

}  // namespace funnel::sctpd
