#include "funnel-sctpd/daemon/authd_link.h"

#include "common/base/log.h"
#include "common/base/random.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRetryMin = 50ms;
constexpr Duration kRetryMax = 2s;

}  // namespace

AuthdLink::AuthdLink(event::Loop& loop, std::string path)
    : loop_(loop), path_(std::move(path)), backoff_(kRetryMin, kRetryMax) {
  retry_ = loop_.AddTimer([this] { Connect(); });
}

void AuthdLink::Start(const Listeners& listeners) {
  listeners_.emplace(listeners);
  Connect();
}

void AuthdLink::Connect() {
  ipc::ControlConnection::Callbacks callbacks;
  callbacks.on_message = [this](ByteView packet, UniqueFd) { OnMessage(packet); };
  callbacks.on_closed = [this](const Error& why) { OnClosed(why); };
  auto connection = ipc::ControlConnection::Connect(loop_, path_, std::move(callbacks));
  if (!connection) {
    Log(LogLevel::kWarning, "authd-away", connection.error().message);
    retry_->ArmAfter(backoff_.Next(RandomUnit()));
    return;
  }

  connection_ = *std::move(connection);
  listeners_->link.OnConnected();
  listeners_->peers.OnAuthdUp();
  listeners_->channels.OnAuthdUp();
}

void AuthdLink::OnMessage(ByteView packet) {
  backoff_.Reset();
  auto done = Dispatch(packet);
  if (!done) connection_->Fail(done.error().message);
}

Result<> AuthdLink::Dispatch(ByteView packet) {
  switch (TRY(ipc::TypeOf(packet))) {
    case ipc::MessageType::kAccepted:
      listeners_->channels.OnAccepted(TRY(ipc::Parse<ipc::Accepted>(packet)));
      return {};
    case ipc::MessageType::kAcceptRefused:
      listeners_->channels.OnAcceptRefused(TRY(ipc::Parse<ipc::AcceptRefused>(packet)));
      return {};
    case ipc::MessageType::kPeerVerified:
      listeners_->peers.OnVerified(TRY(ipc::Parse<ipc::PeerVerified>(packet)));
      return {};
    case ipc::MessageType::kPeerFailed:
      listeners_->peers.OnVerifyFailed(TRY(ipc::Parse<ipc::PeerFailed>(packet)));
      return {};
    case ipc::MessageType::kPeerFrame:
      listeners_->peers.OnPeerFrame(TRY(ipc::Parse<ipc::PeerFrame>(packet)));
      return {};
    default:  // any of the 256 values may come
      return Fail("authd sent a message that is not for sctpd");
  }
}

void AuthdLink::OnClosed(const Error& why) {
  Log(LogLevel::kWarning, "authd-away",
      why.code == ipc::kClosedByPeer ? "authd closed the connection" : why.message);
  connection_.reset();
  listeners_->link.OnDisconnected();
  retry_->ArmAfter(backoff_.Next(RandomUnit()));
}

}  // namespace funnel::sctpd
