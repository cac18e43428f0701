#include "common/service/channel/channel_link.h"

#include <sys/epoll.h>

namespace funnel::service {

ChannelLink::ChannelLink(ipc::ReadBuffer& buffer, UniqueFd fd, Handler& handler)
    : buffer_(buffer), fd_(std::move(fd)), handler_(&handler) {}

ChannelLink::~ChannelLink() { *alive_ = false; }

Result<std::unique_ptr<ChannelLink>> ChannelLink::Create(event::Loop& loop, ipc::ReadBuffer& buffer,
                                                         UniqueFd fd, Handler& handler) {
  TRY(ipc::RequireChannelSocket(fd.get()));
  std::unique_ptr<ChannelLink> link(new ChannelLink(buffer, std::move(fd), handler));
  ChannelLink* self = link.get();
  link->hook_ = loop.AddTurnHook([self] { self->Flush(); });
  link->resume_ = loop.AddTimer([self] { self->Drain(); });
  link->watch_ =
      TRY(loop.AddIo(self->fd_.get(), 0, [self](std::uint32_t events) { self->OnReady(events); }));
  return link;
}

void ChannelLink::Abandon() {
  handler_ = nullptr;
  paused_ = lost_ = true;
  resume_->Disarm();
  watch_.reset();
}

void ChannelLink::Pause() {
  paused_ = true;
  resume_->Disarm();
  UpdateEvents();
}

void ChannelLink::Resume() {
  if (!std::exchange(paused_, false) || lost_) return;
  // The socket reports no readable event for what the reader already holds.
  if (reader_.held_bytes() != 0) resume_->Arm(Now());
  UpdateEvents();
}

void ChannelLink::UpdateEvents() {
  if (watch_ == nullptr) return;
  std::uint32_t events = paused_ ? 0u : EPOLLIN;
  if (writer_.wants_write()) events |= EPOLLOUT;
  watch_->SetEvents(events);
}

void ChannelLink::Send(wire::FrameType type, ChannelId channel, ByteView body) {
  std::array<std::uint8_t, wire::kFrameHeaderSize> header;
  wire::FrameHeader{.type = type, .channel = channel}.Serialize(header);
  writer_.Append(header, body);
  RequestFlush();
}

void ChannelLink::SendNote(const ipc::Note& note) {
  Send(wire::FrameType::kNote, ChannelId(), note.Serialize());
}

void ChannelLink::OnReady(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) RequestFlush();
  if ((events & EPOLLIN) != 0 && !paused_) return Drain();
  // Paused, or nothing is left to read: the far end has gone.
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) Lose();
}

void ChannelLink::Drain() {
  if (lost_ || paused_) return;
  auto alive = alive_;
  auto status =
      reader_.Drain(fd_.get(), buffer_, [this](MutableByteView frame) { return OnUnit(frame); });
  if (!*alive || lost_) return;
  if (!status) {
    loss_.text = status.error().message;
    return Lose();
  }
  if (*status == ipc::FrameReader::Status::kClosed) return Lose();
  RequestFlush();
}

bool ChannelLink::OnUnit(MutableByteView frame) {
  if (paused_) return false;
  auto header = wire::FrameHeader::Parse(frame);
  if (!header) {
    ++malformed_;
    return true;
  }

  if (header->type != wire::FrameType::kLinkEnd) {
    handler_->OnFrame(*header, frame);
    return true;
  }

  auto end = ipc::LinkEnd::Parse(frame.subspan(wire::kFrameHeaderSize));
  if (end) loss_ = {.sctpd_gone = false, .code = end->code, .text = end->text};
  return true;
}

void ChannelLink::Lose() {
  if (std::exchange(lost_, true)) return;
  watch_.reset();
  resume_->Disarm();
  LinkLoss loss = loss_;
  handler_->OnLinkLost(loss);
}

void ChannelLink::Flush() {
  if (handler_ == nullptr) return;
  handler_->OnFlush();
  if (lost_) return;
  auto alive = alive_;
  const bool was_full = writer_.full();
  auto flushed = writer_.Flush(fd_.get());
  // The handler stopped because the writer was full, and no EPOLLOUT will report that it has room
  // again.
  if (was_full && flushed && *flushed) RequestFlush();
  // The far end has gone. What it sent before may still be read; then Drain reports the loss.
  if (!flushed && paused_) return Lose();
  UpdateEvents();
  handler_->OnFlushed();
}

}  // namespace funnel::service
