#include "funnel-sctpd/linger.h"

#include <algorithm>

namespace funnel::sctpd {

void Linger::Add(std::unique_ptr<FrameLink> link, TimePoint now) {
  if (!link->loses_pending() || !link->Flush() || link->pending_bytes() == 0) return;
  if (links_.size() >= kMaxLinks) return;
  link->set_observer(*this);
  link->WatchInput(true);
  FrameLink* key = link.get();
  links_.emplace(key, Entry{std::move(link), now + kMaxTime});
}

void Linger::OnTimer(TimePoint now) {
  std::erase_if(links_, [&](const auto& entry) { return entry.second.deadline <= now; });
}

TimePoint Linger::NextTimer() const {
  TimePoint next = TimePoint::max();
  for (const auto& [key, entry] : links_) next = std::min(next, entry.deadline);
  return next;
}

void Linger::OnLinkReadable(FrameLink& link) {
  auto status = link.Drain(buffer_, [](MutableByteView) { return true; });
  if (status == ipc::FrameReader::Status::kClosed) links_.erase(&link);
}

void Linger::OnLinkWritable(FrameLink& link) {
  if (!link.Flush() || link.pending_bytes() == 0) links_.erase(&link);
}

}  // namespace funnel::sctpd
