#include "common/service/control_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "common/base/log.h"
#include "common/base/socket.h"

namespace funnel::service {
namespace {

// How many connections may wait to be accepted.
constexpr int kBacklog = 16;

Result<UniqueFd> ListenAt(const std::string& path) {
  const sockaddr_un address = TRY(UnixAddress(path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return FailErrno("cannot make a socket");
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) return FailErrno("cannot remove " + path);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return FailErrno("cannot bind " + path);

  // The umask may have removed everybody's permission.
  if (::chmod(path.c_str(), 0666) < 0) return FailErrno("cannot open " + path + " to others");
  if (::listen(fd.get(), kBacklog) < 0) return FailErrno("cannot listen on " + path);
  return fd;
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::Create(
    event::Loop& loop, const std::string& path, const ipc::CommandTable& commands,
    std::function<std::size_t()> max_clients, std::function<void()> on_rejected) {
  std::unique_ptr<ControlServer> server(
      new ControlServer(loop, commands, std::move(max_clients), std::move(on_rejected)));
  UniqueFd listening = TRY(ListenAt(path));
  commands.WatchGroups();
  server->listener_ = TRY(ipc::ControlListener::Create(
      loop, std::move(listening),
      [raw = server.get()](ForeignFd fd) { raw->OnConnection(std::move(fd)); }));
  return server;
}

void ControlServer::OnConnection(ForeignFd fd) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) return;

  // Everybody may connect, but root has slots that nobody else can take.
  slots_.set_limits(Shares::Halves(max_clients_(), /*known=*/1));
  const std::string uid = std::to_string(who.uid);
  Shares::Slot slot =
      slots_.Take(uid, who.uid == 0 ? Shares::Standing::kKnown : Shares::Standing::kStranger);

  if (!slot) {
    on_rejected_();
    Log(LogLevel::kWarning, "control-limit", "too many connections to the control socket",
        {{"UID", uid}});
    return;
  }

  const std::uint64_t number = next_client_++;
  auto connection =
      ipc::ControlConnection::Create(loop_, ipc::ControlSocket(std::move(fd)),
                                     {[this, number](ByteView packet, ForeignFd passed) {
                                        OnMessage(number, packet, std::move(passed));
                                      },
                                      [this, number](const Error&) { clients_.erase(number); }});

  if (!connection) return;
  Client& client = clients_[number];
  client.slot = std::move(slot);
  client.connection = *std::move(connection);
  client.commands = std::make_unique<ipc::CommandSession>(commands_, *client.connection);
}

void ControlServer::OnMessage(std::uint64_t number, ByteView packet, ForeignFd fd) {
  auto found = clients_.find(number);
  if (found == clients_.end()) return;
  auto taken = found->second.commands->OnPacket(packet, std::move(fd));
  if (!taken) found->second.connection->Fail(taken.error().message);
}

}  // namespace funnel::service
