#include "funnel-sctpd/association/linger.h"

namespace funnel::sctpd {

void Linger::Add(std::unique_ptr<FrameLink> link, TimePoint now) {
  if (!link->loses_pending() || !link->Flush() || link->pending_bytes() == 0) return;
  if (links_.size() >= kMaxLinks) return;
  link->set_observer(*this);
  link->WatchInput(true);
  FrameLink* key = link.get();
  due_.Set(links_.try_emplace(key, std::move(link)).first->second.deadline, now + kMaxTime);
}

void Linger::OnTimer(TimePoint now) {
  due_.RunDue(now, [this](FrameLink& link) { links_.erase(&link); });
}

void Linger::OnLinkReadable(FrameLink& link) {
  auto status = link.Drain(buffer_, [](MutableByteView) { return true; });
  if (status == ipc::FrameReader::Status::kClosed) links_.erase(&link);
}

void Linger::OnLinkWritable(FrameLink& link) {
  if (!link.Flush() || link.pending_bytes() == 0) links_.erase(&link);
}

}  // namespace funnel::sctpd
