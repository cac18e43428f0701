// Where a channel's frames come from and go to on this side of sctpd: an edge's socket
// (edge_link.h) or the next hop of a relayed channel (relay_link.h). Owned by its channel. What is
// appended is sent at the next Flush(); whoever appends asks for one at the end of the turn.
#pragma once

#include <functional>
#include <string_view>

#include "common/ipc/frame_pipe.h"

namespace funnel::sctpd {

class FrameLink;

class FrameLinkObserver {
 public:
  virtual ~FrameLinkObserver() = default;
  // There is input, or its end. The link may be destroyed inside the call.
  virtual void OnLinkReadable(FrameLink& link) = 0;
  // Call Flush().
  virtual void OnLinkWritable(FrameLink& link) = 0;
};

class FrameLink {
 public:
  virtual ~FrameLink() = default;

  using OnFrame = std::function<bool(MutableByteView frame)>;
  // As FrameReader::Drain; kClosed also for a broken link, and for one that sends nonsense.
  [[nodiscard]] virtual ipc::FrameReader::Status Drain(ipc::ReadBuffer& buffer,
                                                       const OnFrame& on_frame) = 0;
  // Whether OnLinkReadable is wanted.
  virtual void WatchInput(bool watch) = 0;

  virtual void Append(ByteView frame) = 0;
  virtual void Append(wire::FrameType type, ChannelId channel, ByteView body) = 0;
  // Sends what can be sent now; the rest is sent after OnLinkWritable. False: the link is broken.
  [[nodiscard]] virtual bool Flush() = 0;
  // How much was appended and is not taken by the far end.
  [[nodiscard]] virtual std::size_t pending_bytes() const = 0;
  // The part of it that waits for an edge.
  [[nodiscard]] virtual std::size_t pending_for_edge_bytes() const = 0;
  // Whether what is pending is lost with this object.
  [[nodiscard]] virtual bool loses_pending() const = 0;

  // The link at the other end, if that is in this process and exists.
  [[nodiscard]] virtual const FrameLink* twin() const { return nullptr; }
  // Why the other end has gone, if it gave a reason.
  [[nodiscard]] virtual std::string_view end_text() const { return {}; }

  void set_observer(FrameLinkObserver& observer) { observer_ = &observer; }

 protected:
  explicit FrameLink(FrameLinkObserver& observer) : observer_(&observer) {}
  FrameLink(const FrameLink&) = delete;
  FrameLink& operator=(const FrameLink&) = delete;
  [[nodiscard]] FrameLinkObserver& observer() const { return *observer_; }

 private:
  FrameLinkObserver* observer_;
};

}  // namespace funnel::sctpd
