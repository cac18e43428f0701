#include "common/service/channel/adopter.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/credentials.h"

namespace funnel::service {

Adopter::Pending::~Pending() { adopter.shared_.authd.Cancel(request); }

Result<std::unique_ptr<Adopter>> Adopter::Create(SharedState& shared, UniqueFd listening,
                                                 std::function<void()> on_change) {
  std::unique_ptr<Adopter> adopter(new Adopter(shared, std::move(on_change)));
  Adopter* self = adopter.get();
  adopter->listener_ =
      TRY(ipc::ControlListener::Create(shared.loop, std::move(listening), [self](ForeignFd fd) {
        self->OnConnection(std::move(fd));
      }));
  return adopter;
}

Adopter::~Adopter() = default;

void Adopter::Stop() {
  stopping_ = true;
  listener_.reset();
  connections_.clear();
  pending_.clear();
  for (auto& channel : channels_) channel->Close(wire::EndCode::kShutdown, "the service stops");
}

std::optional<TimePoint> Adopter::IdleSince() const {
  if (!connections_.empty() || !pending_.empty() || !channels_.empty()) return std::nullopt;
  return last_channel_end_;
}

void Adopter::Refuse(const std::string& why) {
  shared_.Count(kAdoptionsRefused);
  Log(LogLevel::kWarning, "adoption-refused", why, {{"SERVICE", shared_.service.name.text()}});
}

void Adopter::OnConnection(ForeignFd fd) {
  auto peer = ipc::ReadPeerCredentials(fd.get());
  if (!peer) return Refuse(peer.error().message);
  if (auto allowed = ipc::RequireSctpd(*peer, shared_.sctpd_user); !allowed)
    return Refuse(allowed.error().message);
  if (connections_.size() >= kMaxConnections) return Refuse("too many connections");

  // The callbacks need the connection's address before it exists.
  auto self = std::make_shared<ipc::ControlConnection*>(nullptr);
  auto connection = ipc::ControlConnection::Create(
      shared_.loop, ipc::ControlSocket(std::move(fd)),
      {[this, self](ByteView packet, ForeignFd passed) {
         OnMessage(**self, packet, std::move(passed));
       },
       [this, self](const Error&) {
         std::erase_if(connections_, [&](const auto& one) { return one.get() == *self; });
       }});

  if (!connection) return Refuse(connection.error().message);
  *self = connection->get();
  connections_.push_back(std::move(*connection));
}

void Adopter::OnMessage(ipc::ControlConnection& connection, ByteView packet, ForeignFd fd) {
  auto adopt = ipc::Parse<ipc::Adopt>(packet);
  if (!adopt) return connection.Fail(adopt.error().message);
  if (adopt->service != shared_.service.name) return Refuse("a channel of another service");
  if (pending_.size() >= kMaxPending) return Refuse("too many channels at once");

  auto pending = std::make_unique<Pending>(*this);
  auto link = ChannelLink::Create(shared_.loop, shared_.buffer, std::move(fd), *pending);
  if (!link) return Refuse(link.error().message);
  pending->peer = adopt->peer;
  pending->id = ChannelId(adopt->channel);
  pending->budget = adopt->budget;
  pending->link = std::move(*link);

  Pending* raw = pending.get();
  pending->request = shared_.authd.Ask(
      ipc::Redeem{0, shared_.service.name, std::move(adopt->claim)},
      [this, raw](AuthdClient::Answer answer) { OnContext(*raw, std::move(answer)); });
  pending_.push_back(std::move(pending));
}

void Adopter::OnContext(Pending& pending, AuthdClient::Answer answer) {
  pending.request = 0;
  auto* context = std::get_if<ipc::Context>(&answer);
  if (context == nullptr) {
    auto* failure = std::get_if<AuthdClient::Failure>(&answer);
    shared_.Count(kClaimsFailed);
    Log(LogLevel::kWarning, "claim-failed",
        failure != nullptr ? EscapeForLog(failure->text) : "an answer that does not fit",
        {{"SERVICE", shared_.service.name.text()}, {"PEER", pending.peer}});
    return Forget(pending);
  }

  std::uint64_t number = context->context;
  auto channel = EdgeChannel::Create(
      shared_, std::move(pending.link),
      {wire::Role::kAcceptor, pending.id, pending.peer, pending.budget, std::move(*context)},
      *this);

  Forget(pending);
  if (!channel) {
    shared_.authd.Release(number);
    shared_.Count(kChannelsFailed);
    Log(LogLevel::kWarning, "channel-failed", channel.error().message,
        {{"SERVICE", shared_.service.name.text()}});
    return;
  }

  channels_.push_back(std::move(*channel));
  channels_.back()->Start();
  on_change_();
}

void Adopter::Forget(Pending& pending) {
  pending_.remove_if([&](const auto& one) { return one.get() == &pending; });
}

void Adopter::OnChannelOver(EdgeChannel& channel, const ChannelEnd&) {
  std::erase_if(channels_, [&](const auto& one) { return one.get() == &channel; });
  last_channel_end_ = Now();
  on_change_();
}

}  // namespace funnel::service
