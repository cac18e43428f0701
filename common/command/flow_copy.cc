#include "common/command/flow_copy.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace funnel::command {
namespace {

bool IsSocket(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

bool MayComeLater(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

FlowCopy::FlowCopy(int from, int to, std::size_t at_once)
    : from_(from),
      to_(to),
      from_is_socket_(IsSocket(from)),
      to_is_socket_(IsSocket(to)),
      at_once_(at_once),
      buffer_(kBuffer) {}

short FlowCopy::from_events() const { return !ended_ && held() == 0 ? short{POLLIN} : short{0}; }

short FlowCopy::to_events() const { return held() > 0 ? short{POLLOUT} : short{0}; }

bool FlowCopy::Read() {
  if (ended_ || held() > 0) return false;
  const ssize_t size = from_is_socket_ ? ::recv(from_, buffer_.data(), buffer_.size(), MSG_DONTWAIT)
                                       : ::read(from_, buffer_.data(), buffer_.size());
  if (size < 0 && MayComeLater(errno)) return false;
  if (size <= 0) {
    ended_ = true;
    return false;
  }

  bytes_ += static_cast<std::uint64_t>(size);
  begin_ = 0;
  end_ = unwanted_ ? 0 : static_cast<std::size_t>(size);
  return true;
}

void FlowCopy::Write() {
  if (held() == 0) return;
  const std::size_t count = std::min(held(), at_once_);
  const std::uint8_t* at = buffer_.data() + begin_;
  const ssize_t size =
      to_is_socket_ ? ::send(to_, at, count, MSG_DONTWAIT | MSG_NOSIGNAL) : ::write(to_, at, count);
  if (size >= 0) {
    begin_ += static_cast<std::size_t>(size);
  } else if (!MayComeLater(errno)) {
    Disown();
  }
}

void FlowCopy::Disown() {
  unwanted_ = true;
  begin_ = end_ = 0;
}

}  // namespace funnel::command
