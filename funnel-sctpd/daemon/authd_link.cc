#include "funnel-sctpd/daemon/authd_link.h"

#include "common/base/log.h"
#include "common/base/random.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRetryMin = 50ms;
constexpr Duration kRetryMax = 2s;

}  // namespace

AuthdLink::AuthdLink(event::Loop& loop, std::string path, AuthdListener& listener)
    : loop_(loop), path_(std::move(path)), listener_(listener), backoff_(kRetryMin, kRetryMax) {
  retry_ = loop_.AddTimer([this] { Connect(); });
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
  listener_.OnAuthdUp();
}

void AuthdLink::OnMessage(ByteView packet) {
  backoff_.Reset();
  auto done = Dispatch(packet);
  if (!done) connection_->Fail(done.error().message);
}

Result<> AuthdLink::Dispatch(ByteView packet) {
  switch (TRY(ipc::TypeOf(packet))) {
    case ipc::MessageType::kAccepted:
      listener_.OnAccepted(TRY(ipc::Parse<ipc::Accepted>(packet)));
      return {};
    case ipc::MessageType::kAcceptRefused:
      listener_.OnAcceptRefused(TRY(ipc::Parse<ipc::AcceptRefused>(packet)));
      return {};
    case ipc::MessageType::kPeerVerified:
      listener_.OnVerified(TRY(ipc::Parse<ipc::PeerVerified>(packet)));
      return {};
    case ipc::MessageType::kPeerFailed:
      listener_.OnVerifyFailed(TRY(ipc::Parse<ipc::PeerFailed>(packet)));
      return {};
    case ipc::MessageType::kPeerFrame:
      listener_.OnPeerFrame(TRY(ipc::Parse<ipc::PeerFrame>(packet)));
      return {};
    default:  // any of the 256 values may come
      return Fail("authd sent a message that is not for sctpd");
  }
}

void AuthdLink::OnClosed(const Error& why) {
  Log(LogLevel::kWarning, "authd-away",
      why.code == ipc::kClosedByPeer ? "authd closed the connection" : why.message);
  connection_.reset();
  listener_.OnAuthdDown();
  retry_->ArmAfter(backoff_.Next(RandomUnit()));
}

}  // namespace funnel::sctpd
