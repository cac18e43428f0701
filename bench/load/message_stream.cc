#include "bench/load/message_stream.h"

#include <sys/socket.h>

#include <cerrno>

namespace funnel::bench {
namespace {

constexpr std::size_t kLengthBytes = 2;

std::size_t LengthAt(std::string_view bytes) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8 |
         static_cast<unsigned char>(bytes[1]);
}

}  // namespace

void MessageStream::Put(std::string_view body) {
  out_ += static_cast<char>(body.size() >> 8);
  out_ += static_cast<char>(body.size());
  out_ += body;
}

bool MessageStream::Flush() {
  while (sent_ < out_.size()) {
    const ssize_t size =
        send(fd(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    sent_ += static_cast<std::size_t>(size);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

bool MessageStream::Receive(const std::function<void(std::string_view)>& on_message) {
  char buffer[65536];
  const ssize_t size = recv(fd(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  in_.append(buffer, static_cast<std::size_t>(size));
  std::string_view rest = in_;

  while (rest.size() >= kLengthBytes && rest.size() - kLengthBytes >= LengthAt(rest)) {
    const std::size_t length = LengthAt(rest);
    on_message(rest.substr(kLengthBytes, length));
    rest.remove_prefix(kLengthBytes + length);
  }

  in_.erase(0, in_.size() - rest.size());
  return true;
}

}  // namespace funnel::bench
