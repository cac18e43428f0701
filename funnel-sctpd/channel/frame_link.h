// What a channel's frames go to and come from on this side of sctpd: an edge's socket (edge_link.h)
// or the next hop of a relayed channel (relay_link.h). Owned by its channel. What is appended
// leaves at the next Flush(); whoever appends asks for one at the end of the turn.
#pragma once

#include <functional>
#include <string_view>

#include "common/ipc/frame_pipe.h"

namespace funnel::sctpd {

class FrameLink;

class FrameLinkObserver {
 public:
  virtual ~FrameLinkObserver() = default;
  // There is input (or the end of it). The link may be destroyed from inside.
  virtual void OnLinkReadable(FrameLink& link) = 0;
  // Call Flush().
  virtual void OnLinkWritable(FrameLink& link) = 0;
};

class FrameLink {
 public:
  virtual ~FrameLink() = default;

  using OnFrame = std::function<bool(MutableByteView frame)>;
  // As FrameReader::Drain; a broken link and nonsense on it are kClosed as well.
  [[nodiscard]] virtual ipc::FrameReader::Status Drain(ipc::ReadBuffer& buffer,
                                                       const OnFrame& on_frame) = 0;
  // Whether OnLinkReadable is wanted.
  virtual void WatchInput(bool watch) = 0;

  virtual void Append(ByteView frame) = 0;
  virtual void Append(wire::FrameType type, ChannelId channel, ByteView body) = 0;
  // Sends what can be sent now; the rest leaves when OnLinkWritable comes. False: it is broken.
  [[nodiscard]] virtual bool Flush() = 0;
  // Appended, and not taken by the far end.
  [[nodiscard]] virtual std::size_t pending_bytes() const = 0;
  // The part of it that waits for an edge.
  [[nodiscard]] virtual std::size_t pending_for_edge_bytes() const = 0;
  // Whether what is pending is lost when this object goes.
  [[nodiscard]] virtual bool loses_pending() const = 0;

  // The link at the other end, where it is in this process and has not gone.
  [[nodiscard]] virtual const FrameLink* twin() const { return nullptr; }
  // Why the other end has gone, where it said so.
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
