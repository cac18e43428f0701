#include "common/service/channel/pings.h"

namespace funnel::service {

Pings::Pings(event::Loop& loop, std::function<void(std::uint64_t value)> send)
    : send_(std::move(send)), timer_(loop.AddTimer([this] { OnTimer(); })) {}

void Pings::Add(Duration timeout, Done done) {
  waiting_.push_back({Now() + timeout, std::move(done)});
  if (waiting_.size() == 1) SendFirst();
}

void Pings::SendFirst() {
  if (waiting_.empty()) return timer_->Disarm();
  timer_->Arm(waiting_.front().until);
  send_(++last_);
}

Pings::Done Pings::TakeFirst() {
  Done done = std::move(waiting_.front().done);
  waiting_.pop_front();
  SendFirst();
  return done;
}

void Pings::OnPong(std::uint64_t value, Duration round_trip) {
  if (value == last_ && !waiting_.empty()) TakeFirst()(round_trip);
}

void Pings::OnTimer() {
  while (!waiting_.empty() && waiting_.front().until <= Now())
    TakeFirst()(Fail("no answer from the far end in time"));
}

void Pings::FailAll(const std::string& why) {
  for (Waiting& waiting : std::exchange(waiting_, {})) waiting.done(Fail(why));
  timer_->Disarm();
}

}  // namespace funnel::service
