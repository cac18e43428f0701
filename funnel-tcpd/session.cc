#include "funnel-tcpd/session.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "common/base/foreign_fd.h"
#include "common/base/receive_message.h"
#include "common/base/socket.h"
#include "funnel-tcpd/socket_options.h"

namespace funnel::tcpd {

Session::Session(SessionOwner& owner, SessionId id, UniqueFd fd, Socket socket)
    : owner_(owner), id_(id), fd_(std::move(fd)), socket_(socket) {}

Result<> Session::Start(event::EpollSet& set) {
  watch_ = TRY(set.Add(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLET, *this));
  return {};
}

bool Session::HasError() const { return TakeSocketError(fd_.get()) != 0; }

void Session::OnReady(std::uint32_t events) {
  if ((events & EPOLLERR) != 0 && HasError()) broken_ = true;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & EPOLLOUT) != 0 && std::exchange(blocked_, false)) owner_.Resume(id_);
  Read();
}

ssize_t Session::Receive(MutableByteView buffer) const {
  if (socket_ == Socket::kUnix) return ReceiveMessage(fd_.get(), buffer).size;
  return recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
}

// The kernel keeps what came before the reset or the end: that is read first. The error itself is
// reported only once, so we remember it.
void Session::Break() {
  broken_ = readable_ = true;
  owner_.RequestTurn(*this);
}

void Session::Read() {
  std::size_t taken = 0;
  while (!over() && input_open_ && readable_) {
    if (taken >= kTurnBytes) return owner_.RequestTurn(*this);
    const MutableByteView buffer = owner_.PrepareBytes(id_);
    if (buffer.empty()) return;  // the owner calls again
    const ssize_t size = Receive(buffer);
    const int error = size < 0 ? errno : 0;
    const auto count = static_cast<std::size_t>(std::max<ssize_t>(size, 0));
    owner_.CommitBytes(id_, count);
    taken += count;
    if (size == 0 && !broken_) return OnEndOfInput();
    if (size == 0 || (error != 0 && error != EAGAIN && error != EINTR))
      return owner_.OnBroken(*this);
    // A short read does not mean that the socket is empty: a read also ends at the mark of urgent
    // data, and on a Unix socket where descriptors came.
    if (error == EAGAIN) readable_ = false;
  }

  if (broken_ && !over() && (!input_open_ || !readable_)) owner_.OnBroken(*this);
}

void Session::OnEndOfInput() {
  input_open_ = false;
  owner_.SendFin(id_);
  FinishIfDone();
}

std::size_t Session::Write(ByteView bytes) {
  if (broken_) return bytes.size();  // nobody will read it
  std::size_t written = 0;
  while (!over() && !blocked_ && written < bytes.size()) {
    const ssize_t size = send(fd_.get(), bytes.data() + written, bytes.size() - written,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      written += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN) {
      blocked_ = true;
      owner_.OnOutputBlocked();
    } else if (errno != EINTR) {
      Break();
      return bytes.size();  // nobody will want the rest
    }
  }

  return written;
}

void Session::FinishOutput() {
  if (over()) return;
  output_open_ = false;
  // ENOTCONN: the connection was reset meanwhile.
  if (broken_ || shutdown(fd_.get(), SHUT_WR) != 0) return Break();
  FinishIfDone();
}

void Session::FinishIfDone() {
  if (input_open_ || output_open_) return;
  watch_.Remove();
  CloseCleanly(std::move(fd_));
  owner_.OnFinished(*this);
}

void Session::Abort() {
  if (over()) return;
  if (socket_ == Socket::kUnix) {
    const ForeignFd closing{Detach()};
  } else {
    CloseWithReset(Detach());
  }
}

UniqueFd Session::Detach() {
  watch_.Remove();
  return std::move(fd_);
}

}  // namespace funnel::tcpd
