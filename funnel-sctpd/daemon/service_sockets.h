// $RUN/service/NAME.sock: where the edge that serves NAME gets its channels. If the service manager
// holds the socket, connecting starts the edge.
#pragma once

#include <string>

#include "funnel-sctpd/interfaces.h"

namespace funnel::sctpd {

class ServiceSockets final : public ServiceInterface {
 public:
  explicit ServiceSockets(std::string directory) : directory_(std::move(directory)) {}
  // Makes a connection for each channel, and closes it after the message, which stays in the edge's
  // backlog.
  [[nodiscard]] Result<> Send(const ipc::Adopt& message, UniqueFd link) override;

 private:
  std::string directory_;
};

}  // namespace funnel::sctpd
