#include "funnel-sctpd/control_server.h"

#include "common/base/log.h"

namespace funnel::sctpd {

Result<std::unique_ptr<ControlServer>> ControlServer::Create(event::Loop& loop, UniqueFd listening,
                                                             Core& core, ChannelTable& channels,
                                                             MakeStatus make_status) {
  std::unique_ptr<ControlServer> server(
      new ControlServer(loop, core, channels, std::move(make_status)));
  server->listener_ = TRY(ipc::ControlListener::Create(
      loop, std::move(listening),
      [raw = server.get()](UniqueFd fd) { raw->OnConnection(std::move(fd)); }));
  return server;
}

ControlServer::ControlServer(event::Loop& loop, Core& core, ChannelTable& channels,
                             MakeStatus make_status)
    : loop_(loop), core_(core), channels_(channels), make_status_(std::move(make_status)) {}

void ControlServer::OnConnection(UniqueFd fd) {
  if (clients_.size() >= core_.config.node.sctp.control_clients) {
    core_.Count(kAttachRejected);
    Log(LogLevel::kWarning, "control-limit", "too many connections to sctpd.sock");
    return;
  }
  std::uint64_t number = next_client_++;
  ipc::ControlConnection::Callbacks callbacks;
  callbacks.on_message = [this, number](ByteView packet, UniqueFd passed) {
    OnMessage(number, packet, std::move(passed));
  };
  callbacks.on_closed = [this, number](const std::string&) { clients_.erase(number); };
  auto connection = ipc::ControlConnection::Create(loop_, ipc::ControlSocket(std::move(fd)),
                                                   std::move(callbacks));
  if (connection) clients_.emplace(number, *std::move(connection));
}

void ControlServer::OnMessage(std::uint64_t number, ByteView packet, UniqueFd fd) {
  auto found = clients_.find(number);
  if (found == clients_.end()) return;
  ipc::ControlConnection& client = *found->second;
  auto done = Dispatch(client, packet, std::move(fd));
  if (done) return;
  core_.Count(kAttachRejected);
  Log(LogLevel::kWarning, "request-rejected", done.error().message);
  client.Send(ipc::Rejected{.text = done.error().message});
}

Result<> ControlServer::Dispatch(ipc::ControlConnection& client, ByteView packet, UniqueFd fd) {
  ipc::MessageType type = TRY(ipc::TypeOf(packet));
  if (type == ipc::MessageType::kAttach)
    return Attach(client, TRY(ipc::Parse<ipc::Attach>(packet)), std::move(fd));
  if (fd) return Fail("this message carries no descriptor");
  if (type == ipc::MessageType::kStatus)
    return AnswerStatus(client, TRY(ipc::Parse<ipc::Status>(packet)));
  return Fail("sctpd does not take messages of this type");
}

Result<> ControlServer::Attach(ipc::ControlConnection& client, const ipc::Attach& request,
                               UniqueFd fd) {
  if (!fd) return Fail("Attach without a channel socket");
  const std::string& name = request.service.text();
  const auto* service = core_.config.FindService(name);
  if (service == nullptr || service->role != config::Role::kListen)
    return Fail("no service '" + name + "' listens here");
  if (service->peer != request.peer)
    return Fail("the service '" + name + "' goes to the peer '" + service->peer + "'");
  ipc::PeerCredentials asker = TRY(ipc::ReadPeerCredentials(client.fd()));
  TRY(ipc::RequireEdge(asker, request.service, service->edge_user));
  TRY(channels_.Attach(*service, std::move(fd)));
  client.Send(ipc::Attached{});
  return {};
}

Result<> ControlServer::AnswerStatus(ipc::ControlConnection& client, const ipc::Status& request) {
  ipc::PeerCredentials asker = TRY(ipc::ReadPeerCredentials(client.fd()));
  TRY(ipc::RequireReader(asker, core_.config.node.read_group));
  std::string json = make_status_();
  for (std::size_t at = 0; at < json.size();) {
    std::size_t size = std::min(json.size() - at, ipc::StatusReply::kChunkSize);
    ByteView chunk = AsBytes(std::string_view(json).substr(at, size));
    at += size;
    client.Send(ipc::StatusReply{.request = request.request,
                                 .more = at < json.size(),
                                 .json = Bytes(chunk.begin(), chunk.end())});
  }
  return {};
}

}  // namespace funnel::sctpd
