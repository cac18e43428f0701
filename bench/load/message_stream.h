// Messages over a TCP connection: two bytes of length, then the body. Both directions.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/unique_fd.h"

namespace funnel::bench {

class MessageStream {
 public:
  explicit MessageStream(UniqueFd fd) : fd_(std::move(fd)) {}

  void Put(std::string_view body);
  // Sends what the socket takes. False: the connection is broken.
  [[nodiscard]] bool Flush();
  // Hands over the whole messages that have arrived. False: the stream has ended.
  [[nodiscard]] bool Receive(const std::function<void(std::string_view body)>& on_message);
  [[nodiscard]] bool wants_write() const { return !out_.empty(); }
  // Put, and not taken by the socket yet.
  [[nodiscard]] std::size_t queued_bytes() const { return out_.size() - sent_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string in_, out_;
  std::size_t sent_ = 0;  // of out_
};

}  // namespace funnel::bench
