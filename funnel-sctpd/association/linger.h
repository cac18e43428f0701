// Links of channels that are over, whose edges have not read everything yet: each stays until all
// is written, for a limited time. A link that the edge closes is gone at once.
#pragma once

#include <unordered_map>

#include "common/base/deadlines.h"
#include "funnel-sctpd/channel/frame_link.h"

namespace funnel::sctpd {

class Linger final : public FrameLinkObserver {
 public:
  static constexpr std::size_t kMaxLinks = 256;
  static constexpr std::chrono::seconds kMaxTime{30};

  // Flushes LINK, and keeps it if something is left. Beyond kMaxLinks it is closed at once.
  void Add(std::unique_ptr<FrameLink> link, TimePoint now);
  void OnTimer(TimePoint now);
  [[nodiscard]] TimePoint NextTimer() const { return due_.next(); }
  [[nodiscard]] std::size_t size() const { return links_.size(); }

  void OnLinkReadable(FrameLink& link) override;
  void OnLinkWritable(FrameLink& link) override;

 private:
  struct Entry {
    explicit Entry(std::unique_ptr<FrameLink> owned) : link(std::move(owned)) {}
    std::unique_ptr<FrameLink> link;
    Deadlines<FrameLink>::Deadline deadline{*link};
  };
  Deadlines<FrameLink> due_;  // outlives them
  std::unordered_map<FrameLink*, Entry> links_;
  ipc::ReadBuffer buffer_;
};

}  // namespace funnel::sctpd
