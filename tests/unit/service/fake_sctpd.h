// Plays funnel-sctpd, the network, and the funnel-sctpd at its other end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/event/loop.h"
#include "common/ipc/control_connection.h"
#include "common/ipc/frame_pipe.h"
#include "common/ipc/sctpd_messages.h"
#include "common/wire/frame/open.h"

namespace funnel::service {

// Relays between the edge that attached and the edge at the service socket.
class FakeSctpd {
 public:
  FakeSctpd(event::Loop& loop, std::string path, std::string service_path);
  void Start();
  // As kill -9: everything closes without a frame.
  void Stop();
  // Writes BYTES unchanged to the near edges' channel sockets.
  void SendRaw(ByteView bytes);
  // The association ends: LINK_END to both.
  void DropAssociation(ipc::LinkEndCode code = ipc::LinkEndCode::kPeerDown);

  bool link_up = true;                      // send LINK_UP at once
  std::optional<std::string> reject;        // Attach
  std::optional<wire::RefusedBody> refuse;  // OPEN
  bool swallow_open = false;
  std::function<void(MutableByteView)> tamper;  // changes what the near edge sends
  int attaches = 0, opens = 0;
  std::vector<ipc::Note> notes;  // of the near edge
  std::vector<wire::FrameType> from_near, from_far;

 private:
  struct End {
    UniqueFd fd;
    ipc::FrameReader reader;
    ipc::FrameWriter writer{64 << 20};
    std::unique_ptr<event::IoWatch> watch;
  };
  struct Relay {
    End near, far;
    bool gone = false;
  };
  void OnAttach(ipc::ControlConnection& connection, ByteView packet, UniqueFd fd);
  void Watch(Relay& relay, End& end, bool is_near);
  void Read(Relay& relay, End& end, bool is_near);
  bool FromNear(Relay& relay, ByteView frame);
  void Adopt(Relay& relay, const wire::FrameHeader& header);
  static void Send(End& end, wire::FrameType type, ChannelId id, ByteView body);
  static void Flush(End& end);

  event::Loop& loop_;
  std::string path_, service_path_;
  std::unique_ptr<ipc::ControlListener> listener_;
  std::vector<std::unique_ptr<ipc::ControlConnection>> connections_;
  std::unique_ptr<ipc::ControlConnection> service_;
  std::vector<std::unique_ptr<Relay>> relays_;
  ipc::ReadBuffer buffer_;
};

}  // namespace funnel::service
