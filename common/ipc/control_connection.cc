#include "common/ipc/control_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/ipc/codec.h"
#include "common/ipc/frame_pipe.h"
#include "common/ipc/listening_socket.h"
#include "common/ipc/names.h"

namespace funnel::ipc {
namespace {

constexpr std::chrono::milliseconds kListenerPause{200};
// How many connections of one user may wait until the user is looked up.
constexpr std::size_t kMaxWaiting = 64;
// No thread is kept idle, because connections are few. A user whose look-up hangs delays only
// itself.
constexpr event::WorkPool::Limits kLookUps{
    .threads = 0, .max_threads = 32, .queue = 256, .per_key = 2};

// Whether a message of this type comes with a channel socket. Apart from kCommandWithSocket no
// other type has a descriptor.
constexpr bool BringsChannelSocket(MessageType type) {
  return type == MessageType::kAttach || type == MessageType::kAdopt;
}

// A program that sends what its message must not have is none of ours.
Result<> RequireFitting(const ReceivedPacket& received) {
  if (received.too_many_fds) return Fail("a message with too many descriptors");
  if (!received.fd) return {};
  const MessageType type = TRY(TypeOf(received.packet.view()));
  if (type == MessageType::kCommandWithSocket) return RequireListeningSocket(received.fd.get());
  if (!BringsChannelSocket(type)) return Fail("a message with a descriptor that it does not need");
  return RequireChannelSocket(received.fd.get());
}

}  // namespace

ControlConnection::ControlConnection(ControlSocket socket, Callbacks callbacks)
    : socket_(std::move(socket)), callbacks_(std::move(callbacks)) {}

ControlConnection::~ControlConnection() { *alive_ = false; }

Result<std::unique_ptr<ControlConnection>> ControlConnection::Create(event::Loop& loop,
                                                                     ControlSocket socket,
                                                                     Callbacks callbacks) {
  std::unique_ptr<ControlConnection> connection(
      new ControlConnection(std::move(socket), std::move(callbacks)));
  ControlConnection* self = connection.get();
  connection->watch_ = TRY(loop.AddIo(self->socket_.fd(), EPOLLIN,
                                      [self](std::uint32_t events) { self->OnReady(events); }));
  connection->ending_ = loop.AddTimer([self] { self->OnEnding(); });
  return connection;
}

Result<std::unique_ptr<ControlConnection>> ControlConnection::Connect(event::Loop& loop,
                                                                      const std::string& path,
                                                                      Callbacks callbacks) {
  return Create(loop, TRY(ControlSocket::Connect(path)), std::move(callbacks));
}

bool ControlConnection::SendPacket(Secret packet, UniqueFd fd) {
  if (over_ || cannot_send_) return false;
  if (auto sent = socket_.Send(std::move(packet), std::move(fd)); !sent) {
    // We do not wait for a client that does not read; if it has gone, we read all that it sent.
    if (sent.error().code == 0) {
      End(sent.error());
    } else {
      StopSending(sent.error());
    }
    return false;
  }
  watch_->SetEvents(socket_.wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  return true;
}

void ControlConnection::StopSending(Error why) {
  cannot_send_ = std::move(why);
  watch_->SetEvents(EPOLLIN);
  ending_->Arm(Now());
}

void ControlConnection::Fail(std::string reason) { End({std::move(reason)}); }

void ControlConnection::End(Error why) {
  if (over_) return;
  over_ = std::move(why);
  watch_.reset();
  ending_->Arm(Now());
}

void ControlConnection::OnEnding() {
  if (!over_) {
    auto alive = alive_;
    const bool all = Receive();
    if (!*alive || over_) return;
    if (!all) return ending_->Arm(Now());
    return End(*cannot_send_);
  }

  // The callback may destroy this object.
  auto on_closed = callbacks_.on_closed;
  const Error why = *over_;
  if (on_closed) on_closed(why);
}

void ControlConnection::OnReady(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && !cannot_send_) {
    if (auto flushed = socket_.Flush(); !flushed) return StopSending(flushed.error());
    watch_->SetEvents(socket_.wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) Receive();
}

bool ControlConnection::Receive() {
  auto alive = alive_;
  for (int i = 0; i < kBudget; ++i) {
    auto received = socket_.Receive();
    if (!received) {
      End(received.error());
      return true;
    }
    if (!*received) return true;

    ReceivedPacket& packet = **received;
    if (auto fits = RequireFitting(packet); !fits) {
      End(fits.error());
      return true;
    }
    auto on_message = callbacks_.on_message;
    on_message(packet.packet.view(), std::move(packet.fd));
    if (!*alive || over_) return true;
  }
  return false;
}

ControlListener::ControlListener(event::Loop& loop, UniqueFd listening, OnConnection on_connection)
    : listening_(std::move(listening)),
      on_connection_(std::move(on_connection)),
      look_ups_(loop, kLookUps) {}

Result<std::unique_ptr<ControlListener>> ControlListener::Create(event::Loop& loop,
                                                                 UniqueFd listening,
                                                                 OnConnection on_connection) {
  std::unique_ptr<ControlListener> listener(
      new ControlListener(loop, std::move(listening), std::move(on_connection)));
  ControlListener* self = listener.get();
  listener->pause_ = loop.AddTimer([self] { self->watch_->SetEvents(EPOLLIN); });
  listener->watch_ =
      TRY(loop.AddIo(self->listening_.get(), EPOLLIN, [self](std::uint32_t) { self->OnReady(); }));
  return listener;
}

void ControlListener::Identify(ForeignFd connection) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) return;
  if (who.uid == 0 || who.uid == ::geteuid()) return on_connection_(std::move(connection));
  const std::string key = std::to_string(who.uid);
  std::vector<ForeignFd>& waiting = waiting_[who.uid];
  if (waiting.size() >= kMaxWaiting)
    return Log(LogLevel::kWarning, "client-rejected", "too many of its connections wait",
               {{"UID", key}});
  waiting.push_back(std::move(connection));

  // One look-up serves all connections of a user that come meanwhile.
  if (waiting.size() > 1) return;
  const bool queued = look_ups_.Submit(key, [this, who]() -> event::WorkPool::Answer {
    names::LookUp(who.uid, who.gid);
    return [this, uid = who.uid] { HandOver(uid); };
  });

  if (queued) return;
  waiting_.erase(who.uid);
  Log(LogLevel::kWarning, "client-rejected", "too many users wait to be looked up", {{"UID", key}});
}

void ControlListener::HandOver(uid_t uid) {
  auto known = waiting_.extract(uid);
  for (ForeignFd& connection : known.mapped()) on_connection_(std::move(connection));
}

void ControlListener::Pause() {
  watch_->SetEvents(0);
  pause_->ArmAfter(kListenerPause);
}

void ControlListener::OnReady() {
  if (ForeignFd::CountClosing() >= kMaxClosing) {
    Log(LogLevel::kWarning, "client-rejected",
        "connections wait: too many descriptors of others are being closed");
    return Pause();
  }

  for (int i = 0; i < kMaxPerTurn; ++i) {
    auto accepted = ControlSocket::AcceptOne(listening_.get());
    if (!accepted) {
      Log(LogLevel::kError, "accept-failed", accepted.error().message);
      // No descriptor is free, and the socket stays readable: stop watching it for a while.
      return Pause();
    }
    if (!*accepted) return;
    Identify(std::move(**accepted));
  }
}

}  // namespace funnel::ipc
