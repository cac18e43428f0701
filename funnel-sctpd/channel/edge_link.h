// Our end of one channel socket: reads and writes frames of an edge, many with each system call.
#pragma once

#include <memory>

#include "common/base/foreign_fd.h"
#include "common/event/descriptors.h"
#include "common/ipc/frame_pipe.h"
#include "funnel-sctpd/channel/frame_link.h"

namespace funnel::sctpd {

class EdgeLink final : public FrameLink, public event::DescriptorHandler {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EdgeLink>> Create(event::EpollSet& set, ForeignFd fd,
                                                                FrameLinkObserver& observer);

  // The edge sees the end at once, even if the descriptor itself is closed later.
  ~EdgeLink() override;

  // FrameLink
  [[nodiscard]] ipc::FrameReader::Status Drain(ipc::ReadBuffer& buffer,
                                               const OnFrame& on_frame) override;
  void WatchInput(bool watch) override;
  void Append(ByteView frame) override { writer_.Append(frame); }
  void Append(wire::FrameType type, ChannelId channel, ByteView body) override;
  [[nodiscard]] bool Flush() override;
  [[nodiscard]] std::size_t pending_bytes() const override { return writer_.pending_bytes(); }
  [[nodiscard]] std::size_t pending_for_edge_bytes() const override { return pending_bytes(); }
  [[nodiscard]] bool loses_pending() const override { return true; }

  // event::DescriptorHandler
  void OnReady(std::uint32_t events) override;

 private:
  EdgeLink(event::EpollSet& set, ForeignFd fd, FrameLinkObserver& observer)
      : FrameLink(observer), set_(set), fd_(std::move(fd)) {}
  // Watches the descriptor for what watch_input_ and watch_output_ say.
  void UpdateEvents();

  event::EpollSet& set_;
  ForeignFd fd_;
  ipc::FrameReader reader_;
  ipc::FrameWriter writer_{0};
  bool watch_input_ = true;
  bool watch_output_ = false;
  event::Registration registration_;
};

}  // namespace funnel::sctpd
