#include "funnel-sctpd/channel/edge_link.h"

#include <sys/epoll.h>
#include <sys/socket.h>

namespace funnel::sctpd {

Result<std::unique_ptr<EdgeLink>> EdgeLink::Create(event::EpollSet& set, ForeignFd fd,
                                                   FrameLinkObserver& observer) {
  TRY(ipc::RequireChannelSocket(fd.get()));
  std::unique_ptr<EdgeLink> link(new EdgeLink(set, std::move(fd), observer));
  link->registration_ = TRY(set.Add(link->fd_.get(), EPOLLIN, *link));
  return link;
}

EdgeLink::~EdgeLink() {
  registration_.Remove();
  ::shutdown(fd_.get(), SHUT_RDWR);
}

ipc::FrameReader::Status EdgeLink::Drain(ipc::ReadBuffer& buffer, const OnFrame& on_frame) {
  auto status = reader_.Drain(fd_.get(), buffer, on_frame);
  return status ? *status : ipc::FrameReader::Status::kClosed;
}

void EdgeLink::WatchInput(bool watch) {
  watch_input_ = watch;
  UpdateEvents();
}

void EdgeLink::Append(wire::FrameType type, ChannelId channel, ByteView body) {
  std::array<std::uint8_t, wire::kFrameHeaderSize> header;
  wire::FrameHeader{.type = type, .channel = channel}.Serialize(header);
  writer_.Append(header, body);
}

bool EdgeLink::Flush() {
  auto flushed = writer_.Flush(fd_.get());
  if (!flushed) return false;
  watch_output_ = !*flushed;
  UpdateEvents();
  return true;
}

void EdgeLink::OnReady(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) return observer().OnLinkWritable(*this);
  if (watch_input_) return observer().OnLinkReadable(*this);
  // The edge is gone while its input waits for the association. Hang-up cannot be masked, so the
  // descriptor leaves the set until somebody wants to read what is left.
  registration_.Remove();
}

void EdgeLink::UpdateEvents() {
  std::uint32_t events = (watch_input_ ? EPOLLIN : 0u) | (watch_output_ ? EPOLLOUT : 0u);
  if (registration_) return registration_.SetEvents(events);
  if (!watch_input_) return;
  auto added = set_.Add(fd_.get(), events, *this);
  if (added) registration_ = *std::move(added);
}

}  // namespace funnel::sctpd
