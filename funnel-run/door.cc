#include "funnel-run/door.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <utility>

#include "common/base/socket.h"
#include "common/ipc/run_messages.h"

namespace funnel::run {

Result<ipc::FlowFds> Knock(const std::string& path) {
  const sockaddr_un address = TRY(UnixAddress(path));
  const UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) return FailErrno("cannot make a socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return FailErrno("cannot connect to " + path);

  pollfd watched{fd.get(), POLLIN, 0};
  while (::poll(&watched, 1, /*timeout=*/-1) < 0)
    if (errno != EINTR) return FailErrno("cannot wait");
  ipc::ReceivedFlows received = TRY(ipc::ReceiveFlows(fd.get()));
  const auto answer = TRY(ipc::Parse<ipc::RunAnswer>(received.packet));
  if (!answer.refusal.empty()) return Fail(answer.refusal);
  if (!received.has_flows) return Fail("an answer without the flows");
  return std::move(received.flows);
}

}  // namespace funnel::run
