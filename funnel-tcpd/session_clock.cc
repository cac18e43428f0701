#include "funnel-tcpd/session_clock.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

namespace funnel::tcpd {
namespace {

constexpr Duration kOff{0};

}  // namespace

SessionClock::SessionClock(const config::ServiceConfig& service, OnExpired on_expired,
                           ReadAcknowledgements read)
    : service_(service), on_expired_(std::move(on_expired)), read_(read) {}

void SessionClock::Begin(Times& times, TimePoint now) {
  times.active_ = now;
  silences_.Set(times.silence_, SilentUntil(times));
}

void SessionClock::OnWritten(Times& times, TimePoint now) {
  times.active_ = now;
  if (service_.user_timeout > kOff && times.answer_.at() == TimePoint::max())
    answers_.Set(times.answer_, now + service_.user_timeout / kLooks);
}

void SessionClock::OnHalfClosed(Times& times, TimePoint now) {
  times.active_ = now;
  times.half_closed_ = true;
  silences_.Set(times.silence_, SilentUntil(times));
}

void SessionClock::Renew(Times& times, TimePoint now) {
  silences_.Set(times.silence_, SilentUntil(times));
  // If the time was off, something may wait that nobody watches.
  const bool watched = service_.user_timeout > kOff;
  answers_.Set(times.answer_, watched ? now + service_.user_timeout / kLooks : TimePoint::max());
}

TimePoint SessionClock::SilentUntil(const Times& times) const {
  TimePoint until = TimePoint::max();
  if (service_.idle_timeout > kOff) until = times.active_ + service_.idle_timeout;
  if (times.half_closed_ && service_.fin_timeout > kOff)
    until = std::min<TimePoint>(until, times.active_ + service_.fin_timeout);
  return until;
}

void SessionClock::Run(TimePoint now) {
  silences_.RunDue(now, [&](Times& times) { LookAtSilence(times, now); });
  answers_.RunDue(now, [&](Times& times) { LookAtAnswer(times, now); });
}

void SessionClock::LookAtSilence(Times& times, TimePoint now) {
  const TimePoint until = SilentUntil(times);
  if (now < until) return silences_.Set(times.silence_, until);
  const bool idle = service_.idle_timeout > kOff && now >= times.active_ + service_.idle_timeout;
  on_expired_(times.id_, idle ? Why::kIdle : Why::kHalfClosed);
}

// It does not matter how long ago the last acknowledgement came: what waits may be younger, and a
// closed window is probed more and more rarely. What counts is for how long we have asked in vain.
void SessionClock::LookAtAnswer(Times& times, TimePoint now) {
  const Duration patience = service_.user_timeout;
  const Acknowledgements seen = read_(times.socket_);
  if (!seen.in_vain) times.vain_since_ = TimePoint::max();
  if (patience == kOff || !seen.waiting) return;
  if (seen.in_vain) times.vain_since_ = std::min(times.vain_since_, now);
  if (seen.in_vain && now - times.vain_since_ >= patience)
    return on_expired_(times.id_, Why::kUnacknowledged);
  answers_.Set(times.answer_, now + patience / kLooks);
}

SessionClock::Acknowledgements AskKernel(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  int queued = 0;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  if (ioctl(socket, SIOCOUTQ, &queued) != 0 || queued == 0) return {};
  // Each acknowledgement sets both to 0.
  return {.in_vain = info.tcpi_retransmits + info.tcpi_probes > 1, .waiting = true};
}

}  // namespace funnel::tcpd
