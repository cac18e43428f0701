#include "funnel-authd/client.h"

#include "common/base/log.h"
#include "common/ipc/authd_messages.h"
#include "funnel-authd/edge_contexts.h"

namespace funnel::authd {

using ipc::MessageType;

Result<std::unique_ptr<Client>> Client::Create(Receivers& receivers, ClientId id,
                                               ForeignFd connection,
                                               std::function<void()> on_closed) {
  const ipc::PeerCredentials peer = TRY(ipc::ReadPeerCredentials(connection.get()));
  std::unique_ptr<Client> made(new Client(receivers, id));
  made->uid_ = peer.uid;
  Client* self = made.get();
  made->connection_ = TRY(ipc::ControlConnection::Create(
      receivers.shared.loop, ipc::ControlSocket(std::move(connection)),
      {.on_message = [self](ByteView packet, ForeignFd) { self->OnMessage(packet); },
       .on_closed =
           [on_closed = std::move(on_closed), uid = std::to_string(peer.uid)](const Error& why) {
             if (why.code != ipc::kClosedByPeer)
               Log(LogLevel::kWarning, "client-lost", why.message, {{"UID", uid}});
             on_closed();
           }}));
  made->commands_ = std::make_unique<ipc::CommandSession>(receivers.commands, *made->connection_);
  return made;
}

void Client::OnMessage(ByteView packet) {
  auto handled = Dispatch(packet);
  if (!handled) connection_->Fail(handled.error().message);
}

Result<> Client::Dispatch(ByteView packet) {
  const MessageType type = TRY(ipc::TypeOf(packet));
  // Read for each message: the process that connected may be gone, and another may have its pid.
  const ipc::PeerCredentials peer = TRY(ipc::ReadPeerCredentials(connection_->fd()));
  const auto number = static_cast<std::uint8_t>(type);
  if (type == MessageType::kCommand) return commands_->OnPacket(packet);
  if (number < static_cast<std::uint8_t>(MessageType::kOpening))
    return DispatchEdge(type, packet, peer);
  return DispatchSctpd(type, packet, peer);
}

template <typename Message>
Result<Message> Client::ParseOfEdge(ByteView packet, const ipc::PeerCredentials& peer,
                                    bool& allowed) {
  Message message = TRY(ipc::Parse<Message>(packet));
  const config::ServiceConfig* service =
      receivers_.shared.config->FindService(message.service.text());
  Result<> is_edge = Fail("no service " + message.service.text() + " is configured");
  if (service != nullptr) is_edge = ipc::RequireEdge(peer, service->name, service->edge_user);
  allowed = is_edge.has_value();
  if (!allowed) Deny(message.request, is_edge.error().message);
  return message;
}

Result<> Client::DispatchEdge(MessageType type, ByteView packet, const ipc::PeerCredentials& peer) {
  bool allowed = false;
  if (type == MessageType::kInitiate) {
    const auto message = TRY(ParseOfEdge<ipc::Initiate>(packet, peer, allowed));
    if (allowed) receivers_.initiate.On(id_, message);
  } else if (type == MessageType::kComplete) {
    receivers_.initiate.On(id_, TRY(ipc::Parse<ipc::Complete>(packet)));
  } else if (type == MessageType::kCompleteRefused) {
    receivers_.initiate.On(id_, TRY(ipc::Parse<ipc::CompleteRefused>(packet)));
  } else if (type == MessageType::kRedeem) {
    const auto message = TRY(ParseOfEdge<ipc::Redeem>(packet, peer, allowed));
    if (allowed) receivers_.accept.On(id_, message);
  } else if (type == MessageType::kAcceptRekey) {
    receivers_.accept.On(id_, TRY(ipc::Parse<ipc::AcceptRekey>(packet)));
  } else if (type == MessageType::kRelease) {
    const auto message = TRY(ipc::Parse<ipc::Release>(packet));
    receivers_.shared.contexts.Release(ContextId(message.context), id_);
    receivers_.shared.counters[kContexts] = receivers_.shared.contexts.size();
  } else if (type == MessageType::kAnnounce) {
    const auto message = TRY(ParseOfEdge<ipc::Announce>(packet, peer, allowed));
    if (allowed) Announce(receivers_.shared, id_, message);
  } else {
    return Fail("a message that is not for authd");
  }
  return {};
}

Result<> Client::DispatchSctpd(MessageType type, ByteView packet,
                               const ipc::PeerCredentials& peer) {
  if (auto is_sctpd = ipc::RequireSctpd(peer, receivers_.shared.config->node.sctpd_user);
      !is_sctpd) {
    ++receivers_.shared.counters[kRequestsDenied];
    return std::unexpected(is_sctpd.error());
  }

  if (type == MessageType::kAccept)
    receivers_.accept.On(id_, TRY(ipc::Parse<ipc::Accept>(packet)));
  else if (type == MessageType::kDropClaim)
    receivers_.accept.On(id_, TRY(ipc::Parse<ipc::DropClaim>(packet)));
  else if (type == MessageType::kPeerStart)
    receivers_.peers.On(id_, TRY(ipc::Parse<ipc::PeerStart>(packet)));
  else if (type == MessageType::kPeerFrame)
    receivers_.peers.On(id_, TRY(ipc::Parse<ipc::PeerFrame>(packet)));
  else if (type == MessageType::kPeerGone)
    receivers_.peers.On(id_, TRY(ipc::Parse<ipc::PeerGone>(packet)));
  else
    return Fail("a message that is not for authd");
  return {};
}

void Client::Deny(std::uint32_t request, const std::string& why) {
  ++receivers_.shared.counters[kRequestsDenied];
  Log(LogLevel::kWarning, "request-denied", why, {{"UID", std::to_string(uid_)}});
  AnswerFailed(receivers_.shared, id_, request, ipc::FailureCode::kNotAllowed, why);
}

}  // namespace funnel::authd
