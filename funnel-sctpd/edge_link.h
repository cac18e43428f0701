// Our end of one channel socket: frames to and from an edge, many a system call. Owned by its
// channel. What is appended leaves at the next Flush(); whoever appends asks for one at the end of
// the turn.
#pragma once

#include <functional>
#include <memory>

#include "common/event/descriptors.h"
#include "common/ipc/frame_pipe.h"
#include "common/ipc/sctpd_messages.h"

namespace funnel::sctpd {

class EdgeLink;

class EdgeLinkObserver {
 public:
  virtual ~EdgeLinkObserver() = default;
  // There is input (or the end of it). The link may be destroyed from inside.
  virtual void OnLinkReadable(EdgeLink& link) = 0;
  // Call Flush().
  virtual void OnLinkWritable(EdgeLink& link) = 0;
};

class EdgeLink final : public event::DescriptorHandler {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EdgeLink>> Create(event::EpollSet& set, UniqueFd fd,
                                                                EdgeLinkObserver& observer);

  using OnFrame = std::function<bool(MutableByteView frame)>;
  // As FrameReader::Drain; a broken socket and nonsense on it are kClosed as well.
  [[nodiscard]] ipc::FrameReader::Status Drain(ipc::ReadBuffer& buffer, const OnFrame& on_frame);
  // Whether OnLinkReadable shall come.
  void WatchInput(bool watch);

  void Append(ByteView frame) { writer_.Append(frame); }
  void Append(wire::FrameType type, ChannelId channel, ByteView body);
  // Sends what the socket takes; the rest leaves when OnLinkWritable comes. False: it is broken.
  [[nodiscard]] bool Flush();
  [[nodiscard]] std::size_t pending_bytes() const { return writer_.pending_bytes(); }
  void set_observer(EdgeLinkObserver& observer) { observer_ = &observer; }

  void OnReady(std::uint32_t events) override;

 private:
  EdgeLink(event::EpollSet& set, UniqueFd fd, EdgeLinkObserver& observer)
      : set_(set), fd_(std::move(fd)), observer_(&observer) {}
  void UpdateEvents();

  event::EpollSet& set_;
  UniqueFd fd_;
  EdgeLinkObserver* observer_;
  ipc::FrameReader reader_;
  ipc::FrameWriter writer_{0};
  bool watch_input_ = true;
  bool watch_output_ = false;
  event::Registration registration_;
};

}  // namespace funnel::sctpd
