#include "funnel-tcpd/session.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "funnel-tcpd/socket_options.h"

namespace funnel::tcpd {

Session::Session(SessionOwner& owner, SessionId id, UniqueFd fd, SessionLimit::Place place)
    : owner_(owner), id_(id), fd_(std::move(fd)), place_(std::move(place)) {}

Result<> Session::Start(event::EpollSet& set) {
  watch_ = TRY(set.Add(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this));
  return {};
}

bool Session::HasError() const {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0;
}

void Session::OnReady(std::uint32_t events) {
  if ((events & EPOLLERR) != 0 && HasError()) return owner_.OnBroken(*this);
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) readable_ = true;
  if ((events & EPOLLOUT) != 0 && std::exchange(blocked_, false)) owner_.Resume(id_);
  Read();
}

void Session::Read() {
  std::size_t budget = kTurnBytes;
  while (!over() && input_open_ && readable_) {
    if (budget == 0) return owner_.RequestTurn(*this);
    MutableByteView buffer = owner_.read_buffer();
    buffer = buffer.first(std::min({buffer.size(), budget, owner_.Writable(id_)}));
    if (buffer.empty()) return;  // the channel says when it takes more
    const ssize_t size = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size == 0) return OnEndOfInput();
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return owner_.OnBroken(*this);
      readable_ = false;
      return;
    }
    budget -= static_cast<std::size_t>(size);
    owner_.SendBytes(*this, buffer.first(static_cast<std::size_t>(size)));
  }
}

void Session::OnEndOfInput() {
  input_open_ = false;
  owner_.SendFin(id_);
  FinishIfDone();
}

std::size_t Session::Write(ByteView bytes) {
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
      owner_.OnBroken(*this);
      return bytes.size();  // nobody will ask for the rest
    }
  }
  return written;
}

void Session::FinishOutput() {
  if (over()) return;
  output_open_ = false;
  // ENOTCONN: it was reset meanwhile.
  if (shutdown(fd_.get(), SHUT_WR) != 0) return owner_.OnBroken(*this);
  FinishIfDone();
}

void Session::FinishIfDone() {
  if (input_open_ || output_open_) return;
  watch_.Remove();
  fd_.reset();
  owner_.OnFinished(*this);
}

void Session::Abort() {
  if (over()) return;
  watch_.Remove();
  CloseWithReset(std::move(fd_));
}

}  // namespace funnel::tcpd
