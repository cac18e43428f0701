#include "common/ipc/control_connection.h"

#include <sys/epoll.h>

#include "common/base/log.h"

namespace funnel::ipc {

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
  connection->failure_ = loop.AddTimer([self] { self->Finish(); });
  return connection;
}

Result<std::unique_ptr<ControlConnection>> ControlConnection::Connect(event::Loop& loop,
                                                                      const std::string& path,
                                                                      Callbacks callbacks) {
  return Create(loop, TRY(ControlSocket::Connect(path)), std::move(callbacks));
}

bool ControlConnection::SendPacket(Secret packet, UniqueFd fd) {
  if (failed_) return false;
  if (auto sent = socket_.Send(std::move(packet), std::move(fd)); !sent) {
    Fail(sent.error().message);
    return false;
  }
  watch_->SetEvents(socket_.wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  return true;
}

void ControlConnection::Fail(std::string reason) {
  if (failed_) return;
  failed_ = true;
  reason_ = std::move(reason);
  watch_.reset();
  failure_->Arm(Now());
}

void ControlConnection::Finish() {
  auto on_closed = callbacks_.on_closed;
  std::string reason = reason_;
  if (on_closed) on_closed(reason);
}

void ControlConnection::OnReady(std::uint32_t events) {
  auto alive = alive_;
  if ((events & EPOLLOUT) != 0) {
    if (auto flushed = socket_.Flush(); !flushed) return Fail(flushed.error().message);
    watch_->SetEvents(socket_.wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) Receive();
}

void ControlConnection::Receive() {
  auto alive = alive_;
  for (int i = 0; i < kBudget && *alive && !failed_; ++i) {
    auto received = socket_.Receive();
    if (!received) return Fail(received.error().message);
    if (!*received) return;
    ReceivedPacket& packet = **received;
    if (packet.too_many_fds) return Fail("a message with too many descriptors");
    auto on_message = callbacks_.on_message;
    on_message(packet.packet.view(), std::move(packet.fd));
  }
}

Result<std::unique_ptr<ControlListener>> ControlListener::Create(event::Loop& loop,
                                                                 UniqueFd listening,
                                                                 OnConnection on_connection) {
  std::unique_ptr<ControlListener> listener(
      new ControlListener(std::move(listening), std::move(on_connection)));
  ControlListener* self = listener.get();
  listener->pause_ = loop.AddTimer([self] { self->watch_->SetEvents(EPOLLIN); });
  listener->watch_ =
      TRY(loop.AddIo(self->listening_.get(), EPOLLIN, [self](std::uint32_t) { self->OnReady(); }));
  return listener;
}

void ControlListener::OnReady() {
  for (int i = 0; i < kMaxPerTurn; ++i) {
    auto accepted = ControlSocket::AcceptOne(listening_.get());
    if (!accepted) {
      Log(LogLevel::kError, "accept-failed", accepted.error().message);
      // Out of descriptors: the socket stays readable, so look away for a while.
      watch_->SetEvents(0);
      pause_->ArmAfter(std::chrono::milliseconds(200));
      return;
    }
    if (!*accepted) return;
    on_connection_(std::move(**accepted));
  }
}

}  // namespace funnel::ipc
