#include "funnel-exec/request.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "common/config/model.h"
#include "common/config/read/load.h"
#include "common/ipc/credentials.h"
#include "common/ipc/names.h"

namespace funnel::exec {
namespace {

// Waits for something to read until DEADLINE.
Result<> Await(int fd, TimePoint deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Now()).count();
    pollfd watched{fd, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return {};
    if (ready == 0) return Fail("nothing came within connect-timeout");
    if (errno != EINTR) return FailErrno("cannot wait");
  }
}

// Takes exactly COUNT bytes from FD.
Result<Bytes> ReadWhole(int fd, std::size_t count, TimePoint deadline) {
  Bytes out(count);
  for (std::size_t have = 0; have < count;) {
    TRY(Await(fd, deadline));
    const ssize_t size = ::recv(fd, out.data() + have, count - have, MSG_DONTWAIT);
    if (size == 0) return Fail("the client has gone");
    if (size < 0 && errno != EAGAIN && errno != EINTR) return FailErrno("cannot receive");
    have += static_cast<std::size_t>(std::max<ssize_t>(size, 0));
  }
  return out;
}

Result<command::ControlMessage> ReadMessage(int control, TimePoint deadline) {
  const Bytes header = TRY(ReadWhole(control, command::kControlHeader, deadline));
  ByteReader in(header);
  const std::uint8_t type = *in.U8();
  const Bytes fields = TRY(ReadWhole(control, *in.U16(), deadline));
  return command::ParseControl(type, fields);
}

}  // namespace

Result<Request> ReadRequest(int connection, const config::ServiceConfig& service) {
  const ipc::PeerCredentials caller = TRY(ipc::ReadPeerCredentials(connection));
  ipc::names::LookUp(caller.uid, caller.gid);
  TRY(ipc::RequireEdge(caller, service.name, service.edge_user));
  TRY(Await(connection, Now() + service.connect_timeout));
  ipc::ReceivedFlows received = TRY(ipc::ReceiveFlows(connection));
  if (!received.has_flows) return Fail("a request without the flows");
  return Request{TRY(ipc::Parse<ipc::Exec>(received.packet)), std::move(received.flows)};
}

Result<config::ServiceConfig> LoadService(const std::string& config_dir,
                                          const std::string& defaults_dir,
                                          const std::string& name) {
  auto loaded = config::LoadForStartAndLog({config_dir, defaults_dir});
  if (!loaded) return Fail("the configuration is not right");
  const config::ServiceConfig* found = loaded->FindService(name);
  if (found == nullptr) return Fail("no service '" + name + "' that is right");
  if (found->protocol != config::Protocol::kCommand || found->role != config::Role::kConnect)
    return Fail("the service '" + name + "' starts no command");
  return *found;
}

Result<Wish> ReadCommand(int control, const config::ServiceConfig& service) {
  const TimePoint deadline = Now() + service.connect_timeout;
  Wish wish;
  for (;;) {
    const auto message = TRY(ReadMessage(control, deadline));
    if (const auto* terminal = std::get_if<command::Terminal>(&message)) {
      if (service.terminal == config::TerminalRule::kAuto) wish.terminal = *terminal;
      continue;
    }
    if (std::holds_alternative<command::Skipped>(message)) continue;
    const auto* start = std::get_if<command::Start>(&message);
    if (start == nullptr) return Fail("the client does not begin with START");
    if (!start->arguments.empty() && !service.connect_arguments)
      return Fail("this service takes no arguments ([connect] arguments)");

    wish.words = service.exec.words;
    wish.words.insert(wish.words.end(), start->arguments.begin(), start->arguments.end());
    return wish;
  }
}

}  // namespace funnel::exec
