#include "tests/unit/authd/test_node.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/config/read/load.h"

namespace funnel::authd::test {

TestClient::TestClient(event::Loop& loop, const std::string& socket) : loop_(loop) {
  auto connection = ipc::ControlConnection::Connect(
      loop, socket,
      {.on_message = [this](ByteView packet,
                            UniqueFd) { packets_.emplace_back(packet.begin(), packet.end()); },
       .on_closed =
           [this](const Error& why) {
             closed_ = true;
             reason_ = why.message;
           }});
  if (!connection) throw std::runtime_error(connection.error().message);
  connection_ = *std::move(connection);
}

bool TestClient::WaitClosed() {
  return RunUntil(loop_, [this] { return closed_; });
}

Node::Node(event::Loop& loop, const std::string& parent, const std::string& name,
           const std::string& keytab, const std::string& more_kerberos)
    : loop_(loop), name_(name), folder_(parent + "/" + name), socket_(folder_ + "/authd.sock") {
  for (const char* part : {"/etc/peers.d", "/etc/services.d", "/run/counters", "/state"})
    std::filesystem::create_directories(folder_ + part);
  const std::string uid = std::to_string(::getuid());
  Configure("funnel.conf", "[node]\nname = " + name + "\nsctpd-user = " + uid +
                               "\nauthd-user = " + uid + "\nread-group = 0\nadmin-group = 0\n" +
                               "[kerberos]\nkeytab = " + keytab + "\n" + more_kerberos);
}

void Node::Configure(const std::string& file, const std::string& text) {
  const std::string path = folder_ + "/etc/" + file;
  if (text.empty())
    std::filesystem::remove(path);
  else
    std::ofstream(path, std::ios::trunc) << text;
}

void Node::Start() {
  Options options;
  options.config_dir = folder_ + "/etc";
  options.defaults_dir = "";
  options.run_dir = folder_ + "/run";
  options.state_dir = folder_ + "/state";

  auto config = config::Load({.directory = options.config_dir});
  if (!config) throw std::runtime_error(config::PrintMistakes(config.error()));

  UniqueFd listening(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  std::filesystem::remove(socket_);
  if (::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listening.get(), 64) != 0)
    throw std::runtime_error("cannot listen on " + socket_);

  std::vector<UniqueFd> sockets;
  sockets.push_back(std::move(listening));
  auto server = Server::Create(loop_, options, *std::move(config), std::move(sockets));
  if (!server) throw std::runtime_error(server.error().message);
  server_ = *std::move(server);
}

}  // namespace funnel::authd::test
