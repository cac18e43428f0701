// Plays a daemon that funnelctl asks.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "common/base/unique_fd.h"
#include "common/ipc/command_messages.h"

namespace funnel::ctl {

// A daemon's control socket; a thread serves its clients, one after the other.
class FakeDaemon {
 public:
  using Serve = std::function<void(int fd)>;

  FakeDaemon(const std::string& path, Serve serve)
      : listening_(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    bound_ = bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
             listen(listening_.get(), 4) == 0;
    if (serve) {
      thread_ = std::thread([this, serve] {
        while (UniqueFd client{accept(listening_.get(), nullptr, nullptr)}) {
          std::uint8_t question[64];
          size_ = recv(client.get(), question, sizeof question, 0);
          serve(client.get());
        }
      });
    }
  }
  ~FakeDaemon() {
    shutdown(listening_.get(), SHUT_RDWR);  // ends accept()
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool bound() const { return bound_; }

 private:
  UniqueFd listening_;
  bool bound_ = false;
  ssize_t size_ = 0;
  std::thread thread_;
};

inline void Reply(int fd, std::string_view json, ipc::ReplyKind kind, std::uint32_t request = 1) {
  ByteView bytes = AsBytes(json);
  Secret packet =
      ipc::Serialize(ipc::CommandReply{request, kind, Bytes(bytes.begin(), bytes.end())});
  EXPECT_EQ(send(fd, packet.view().data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
}

}  // namespace funnel::ctl
