#include "funnel-sctpd/daemon/service_sockets.h"

#include "common/ipc/control_socket.h"

namespace funnel::sctpd {

Result<> ServiceSockets::Send(const ipc::Adopt& message, UniqueFd link) {
  std::string path = directory_ + "/" + message.service.text() + ".sock";
  ipc::ControlSocket socket = TRY(ipc::ControlSocket::Connect(path));
  TRY(socket.Send(ipc::Serialize(message), std::move(link)));
  if (socket.wants_write()) return Fail(path + " takes no message");
  return {};
}

}  // namespace funnel::sctpd
