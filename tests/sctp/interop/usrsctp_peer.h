// libusrsctp as an independent peer in this process: packets go in and out by calls (AF_CONN), and
// its timers follow our virtual time. It checks and computes checksums itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sctp/base/types.h"

struct socket;

namespace sctp::testing {

class UsrsctpPeer {
 public:
  struct Settings {
    std::uint16_t port = 0;  // each peer of a process has its own
    bool interleaving = true;
  };
  explicit UsrsctpPeer(const Settings& settings);
  UsrsctpPeer(const UsrsctpPeer&) = delete;
  UsrsctpPeer& operator=(const UsrsctpPeer&) = delete;
  ~UsrsctpPeer();

  void Connect(std::uint16_t port);
  // It reads PACKET.
  void OnPacket(MutableByteView packet);
  void Pass(std::chrono::milliseconds span);
  // The packets that it has sent since the last call.
  [[nodiscard]] std::vector<Bytes> TakePackets();

  [[nodiscard]] bool Send(StreamId stream, ByteView message, bool unordered);
  void Shutdown();
  void Abort(const std::string& text);
  struct Message {
    StreamId stream;
    std::uint32_t protocol = 0;
    Bytes bytes;
  };
  // The next message; notes on the way what happened to the association.
  [[nodiscard]] std::optional<Message> Receive();
  [[nodiscard]] int ups() const { return ups_; }
  [[nodiscard]] int downs() const { return downs_; }
  [[nodiscard]] int restarts() const { return restarts_; }

 private:
  void OnChange(ByteView notification);

  struct socket* socket_ = nullptr;
  std::uint32_t association_ = 0;
  int ups_ = 0, downs_ = 0, restarts_ = 0;
};

}  // namespace sctp::testing
