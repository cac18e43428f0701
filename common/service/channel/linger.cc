#include "common/service/channel/linger.h"

namespace funnel::service {

Linger::Linger(event::Loop& loop, std::function<void()> on_empty)
    : on_empty_(std::move(on_empty)),
      sweep_(loop.AddTurnHook([this] { Sweep(); })),
      timer_(loop.AddTimer([this] { Sweep(); })) {}

void Linger::Add(std::unique_ptr<ChannelLink> link) {
  if (links_.size() >= kMaxLinks) return;
  link->set_handler(*this);
  // Input has no meaning any more; it is read and dropped, so that the far end never waits for us.
  link->Resume();
  link->RequestFlush();
  links_.push_back({std::move(link), Now() + kMaxTime});
  timer_->Arm(links_.front().deadline);
}

void Linger::Sweep() {
  TimePoint now = Now();
  std::erase_if(links_, [now](const Entry& entry) {
    return entry.link->lost() || !entry.link->writer().wants_write() || now >= entry.deadline;
  });
  if (links_.empty())
    on_empty_();
  else
    timer_->Arm(links_.front().deadline);
}

}  // namespace funnel::service
