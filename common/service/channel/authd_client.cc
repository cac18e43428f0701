#include "common/service/channel/authd_client.h"

#include <algorithm>
#include <vector>

#include "common/base/log.h"
#include "common/base/random.h"

namespace funnel::service {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstRetry = 50ms;
constexpr Duration kLastRetry = 1s;

}  // namespace

AuthdClient::AuthdClient(event::Loop& loop, std::string path, Callbacks callbacks)
    : loop_(loop),
      path_(std::move(path)),
      callbacks_(std::move(callbacks)),
      retry_(loop.AddTimer([this] { Connect(); })),
      retry_delay_(kFirstRetry) {}

void AuthdClient::Start() {
  if (connection_ == nullptr && !retry_->armed()) Connect();
}

void AuthdClient::Connect() {
  auto connection =
      ipc::ControlConnection::Connect(loop_, path_,
                                      {[this](ByteView packet, UniqueFd) { OnMessage(packet); },
                                       [this](const Error& why) { OnClosed(why); }});

  if (!connection) {
    Log(LogLevel::kDebug, "authd-unreachable", connection.error().message);
    retry_->ArmAfter(std::chrono::duration_cast<Duration>(retry_delay_ * (0.5 + RandomUnit() / 2)));
    retry_delay_ = std::min(kLastRetry, retry_delay_ * 2);
    return;
  }

  connection_ = std::move(*connection);
  retry_delay_ = kFirstRetry;

  // This comes before the waiting requests, which may name what is announced here.
  if (std::exchange(was_connected_, true)) callbacks_.on_restarted();
  for (auto& [number, request] : requests_) {
    if (request.packet.empty()) continue;
    connection_->SendPacket(std::move(request.packet));
    request.packet = Secret();
  }
}

AuthdClient::RequestId AuthdClient::Enqueue(RequestId number, Secret packet, Done done) {
  Request& request = requests_[number];
  request.done = std::move(done);
  if (connection_ != nullptr)
    connection_->SendPacket(std::move(packet));
  else
    request.packet = std::move(packet);
  Start();
  return number;
}

void AuthdClient::Cancel(RequestId request) { requests_.erase(request); }

void AuthdClient::Release(std::uint64_t context) {
  if (connection_ != nullptr && context != 0) connection_->Send(ipc::Release{context});
}

void AuthdClient::GiveUpHandshake(std::uint64_t handshake, Bytes refused_body) {
  if (connection_ != nullptr)
    connection_->Send(ipc::CompleteRefused{++last_request_, handshake, std::move(refused_body)});
}

template <typename Message>
void AuthdClient::OnAnswer(ByteView packet) {
  auto message = ipc::Parse<Message>(packet);
  if (!message) return connection_->Fail(message.error().message);
  auto found = requests_.find(message->request);
  if (found == requests_.end()) return GiveBack(*message);
  Done done = std::move(found->second.done);
  requests_.erase(found);
  done(*std::move(message));
}

void AuthdClient::OnFailed(const ipc::Failed& failed) {
  auto found = requests_.find(failed.request);
  if (found == requests_.end()) return;
  Done done = std::move(found->second.done);
  requests_.erase(found);
  done(Failure{failed.code, failed.text, failed.authenticated});
}

void AuthdClient::OnMessage(ByteView packet) {
  auto type = ipc::TypeOf(packet);
  if (!type) return connection_->Fail(type.error().message);

  switch (*type) {
    case ipc::MessageType::kOpening:
      return OnAnswer<ipc::Opening>(packet);
    case ipc::MessageType::kContext:
      return OnAnswer<ipc::Context>(packet);
    case ipc::MessageType::kAnnounced:
      return OnAnswer<ipc::Announced>(packet);
    case ipc::MessageType::kFailed: {
      auto failed = ipc::Parse<ipc::Failed>(packet);
      if (!failed) return connection_->Fail(failed.error().message);
      return OnFailed(*failed);
    }
    case ipc::MessageType::kRevoked: {
      auto revoked = ipc::Parse<ipc::Revoked>(packet);
      if (!revoked) return connection_->Fail(revoked.error().message);
      return callbacks_.on_revoked(revoked->context, revoked->reason);
    }
    default:
      return connection_->Fail("a message that is not for an edge");
  }
}

void AuthdClient::OnClosed(const Error& why) {
  Log(LogLevel::kWarning, "authd-lost",
      why.code == ipc::kClosedByPeer ? "funnel-authd closed the connection" : why.message);
  connection_.reset();
  std::vector<Done> lost;
  for (auto it = requests_.begin(); it != requests_.end();) {
    if (!it->second.packet.empty()) {
      ++it;
      continue;
    }
    lost.push_back(std::move(it->second.done));
    it = requests_.erase(it);
  }

  retry_->ArmAfter(kFirstRetry);
  for (Done& done : lost)
    done(Failure{ipc::FailureCode::kLocal, "funnel-authd has gone", false, /*authd_lost=*/true});
}

}  // namespace funnel::service
