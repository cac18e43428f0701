#include "common/wire/channel/keepalive.h"

#include <algorithm>

namespace funnel::wire {
namespace {

// PINGs that wait for their answer; an honest peer has three under way.
constexpr std::size_t kMaxPongs = 8;

}  // namespace

PingRecord Keepalive::StartOwn(std::uint64_t value, TimePoint now) {
  own_ = UnderWay{kOwnPing | value, now};
  next_ping_ = now + interval_;
  return PingRecord{own_->value};
}

PingRecord Keepalive::StartOwners(std::uint64_t value, TimePoint now) {
  owners_ = UnderWay{value & ~(kOwnPing | kOpeningPing), now};
  return PingRecord{owners_->value};
}

std::optional<Keepalive::OwnersPong> Keepalive::OnPong(const PongRecord& record, TimePoint now) {
  if (own_ && own_->value == record.value) {
    round_trip_ = now - own_->sent;
    own_.reset();
    return std::nullopt;
  }

  if (!owners_ || owners_->value != record.value) return std::nullopt;
  const Duration round_trip = now - owners_->sent;
  owners_.reset();
  return OwnersPong{record.value, round_trip};
}

void Keepalive::OnPing(const PingRecord& record) {
  if (pongs_due_.size() < kMaxPongs) pongs_due_.push_back(record.value);
}

void Keepalive::WritePongs(RecordQueue& control) {
  for (std::uint64_t value : pongs_due_) control.Push(PongRecord{value});
  pongs_due_.clear();
}

TimePoint Keepalive::SilenceEnds() const {
  return std::max(own_->sent, last_received_) + patience_;
}

Keepalive::Due Keepalive::Check(TimePoint now, bool has_sessions) {
  if (own_ && now >= SilenceEnds()) return Due::kGone;
  if (own_ || now < next_ping_) return Due::kNothing;
  if (has_sessions) return Due::kPing;

  next_ping_ = now + interval_;
  return Due::kNothing;
}

}  // namespace funnel::wire
