#include "funnel-tcpd/throttle.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace funnel::tcpd {
namespace {

// Those that wait are looked at no more often. What a sender may send meanwhile it gets then.
constexpr std::chrono::milliseconds kStep{2};

}  // namespace

Throttle::Reader::~Reader() {
  if (waits_in_ != nullptr) waits_in_->Leave(*this);
}

Throttle::Throttle(event::Loop& loop, service::RateLimits& limits,
                   std::function<service::RateLimits::Rates()> rates)
    : limits_(limits), rates_(std::move(rates)), timer_(loop.AddTimer([this] { OnTimer(); })) {}

bool Throttle::MayRead(Reader& reader, TimePoint now) {
  const auto rates = rates_();
  if (rates.bytes == 0) return true;
  if (reader.waits_in_ != nullptr) return false;
  // One that has its turn keeps it while its sender is not in debt.
  const bool first = reader.has_turn_ || !queues_.contains(reader.who_);
  if (first && limits_.BytesFreeAt(rates, reader.who_, now) <= now) return true;
  Enqueue(reader, now);
  return false;
}

void Throttle::OnRead(Reader& reader, std::size_t bytes, TimePoint now) {
  if (const auto rates = rates_(); rates.bytes > 0)
    limits_.SpendBytes(rates, reader.who_, bytes, now);
}

void Throttle::Enqueue(Reader& reader, TimePoint now) {
  reader.has_turn_ = false;
  Queue& queue = queues_[reader.who_];
  reader.waits_in_ = this;
  reader.place_ = queue.readers.insert(queue.readers.end(), &reader);
  if (queue.next.at() != TimePoint::max()) return;
  deadlines_.Set(queue.next,
                 std::max(limits_.BytesFreeAt(rates_(), reader.who_, now), now + kStep));
  ArmTimer();
}

void Throttle::Leave(Reader& reader) {
  const auto at = queues_.find(reader.who_);
  at->second.readers.erase(reader.place_);
  reader.waits_in_ = nullptr;
  if (at->second.readers.empty()) queues_.erase(at);
}

void Throttle::Serve(Queue& queue, TimePoint now) {
  Reader& reader = *queue.readers.front();
  const auto rates = rates_();
  const TimePoint free_at = rates.bytes > 0 ? limits_.BytesFreeAt(rates, reader.who_, now) : now;
  if (free_at > now) return deadlines_.Set(queue.next, std::max(free_at, now + kStep));
  // If it needs less than there is, the next one has its turn soon.
  deadlines_.Set(queue.next, now + kStep);
  Leave(reader);
  reader.has_turn_ = true;
  reader.OnMayRead();
}

void Throttle::OnTimer() {
  const TimePoint now = Now();
  deadlines_.RunDue(now, [&](Queue& queue) { Serve(queue, now); });
  ArmTimer();
}

void Throttle::ArmTimer() {
  if (deadlines_.next() != TimePoint::max()) timer_->Arm(deadlines_.next());
}

void Throttle::OnReload() {
  const TimePoint now = Now();
  for (auto& [who, queue] : queues_) deadlines_.Set(queue.next, now);
  ArmTimer();
}

}  // namespace funnel::tcpd
