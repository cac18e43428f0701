// The owner of a descriptor that somebody else made, or can still reach: one that came in a
// message, or the socket that it came on.
//
// Closing such a one may take as long as its maker likes: TCP lingers (SO_LINGER), a file system in
// user space is asked first, and a Unix socket closes what lies unread in it. So it is closed by
// threads of their own (a few in the whole process), never by the thread that lets it go. Nothing
// but getsockopt() is safe before: fstat(), too, may ask a file system.
#pragma once

#include <cstddef>
#include <utility>

#include "common/base/unique_fd.h"

namespace funnel {

class ForeignFd {
 public:
  ForeignFd() = default;
  ForeignFd(UniqueFd fd) : fd_(std::move(fd)) {}
  ForeignFd(ForeignFd&&) noexcept = default;
  ForeignFd& operator=(ForeignFd&& other) noexcept {
    if (this == &other) return *this;
    Close();
    fd_ = std::move(other.fd_);
    return *this;
  }
  ~ForeignFd() { Close(); }

  [[nodiscard]] int get() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  // For who trusts the other side as itself: closed like any other from now on.
  operator UniqueFd() && { return std::move(fd_); }

  // How many in this process wait to be closed, or are being closed.
  [[nodiscard]] static std::size_t CountClosing();

 private:
  void Close();

  UniqueFd fd_;
};

}  // namespace funnel
