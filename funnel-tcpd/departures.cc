#include "funnel-tcpd/departures.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <utility>

#include "funnel-tcpd/socket_options.h"

namespace funnel::tcpd {
namespace {

// No event reports that a socket's queue has become empty.
constexpr std::chrono::milliseconds kLook{10};
constexpr std::chrono::seconds kLongest{5};
// Each of them keeps a descriptor.
constexpr std::size_t kMost = 256;

bool HasLeft(int fd) {
  int queued = 0;
  return ioctl(fd, SIOCOUTQ, &queued) != 0 || queued == 0;
}

}  // namespace

Departures::Departures(event::Loop& loop) : timer_(loop.AddTimer([this] { Look(); })) {}

Departures::~Departures() {
  for (Leaving& one : leaving_) CloseWithReset(std::move(one.fd));
}

void Departures::Add(UniqueFd fd) {
  if (HasLeft(fd.get()) || leaving_.size() == kMost) return CloseWithReset(std::move(fd));
  leaving_.push_back({std::move(fd), Now() + kLongest});
  if (!timer_->armed()) timer_->ArmAfter(kLook);
}

void Departures::Look() {
  const TimePoint now = Now();
  std::erase_if(leaving_, [now](Leaving& one) {
    if (now < one.until && !HasLeft(one.fd.get())) return false;
    CloseWithReset(std::move(one.fd));
    return true;
  });
  if (!leaving_.empty()) timer_->ArmAfter(kLook);
}

}  // namespace funnel::tcpd
