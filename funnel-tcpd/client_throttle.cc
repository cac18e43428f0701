#include "funnel-tcpd/client_throttle.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace funnel::tcpd {
namespace {

// Those that wait are looked at no more often. What a client may send meanwhile it gets then.
constexpr std::chrono::milliseconds kStep{2};

}  // namespace

ClientThrottle::Reader::~Reader() {
  if (waits_in_ != nullptr) waits_in_->Leave(*this);
}

ClientThrottle::ClientThrottle(event::Loop& loop, const config::ServiceConfig& service,
                               service::ClientLimits& limits)
    : service_(service), limits_(limits), timer_(loop.AddTimer([this] { OnTimer(); })) {}

bool ClientThrottle::MayRead(Reader& reader, TimePoint now) {
  if (service_.client_byte_rate_bytes == 0) return true;
  if (reader.waits_in_ != nullptr) return false;
  // One that has its turn keeps it while its client is not in debt.
  const bool first = reader.has_turn_ || !queues_.contains(service::ClientOf(reader.client_));
  if (first && limits_.BytesFreeAt(service_, reader.client_, now) <= now) return true;
  Enqueue(reader, now);
  return false;
}

void ClientThrottle::OnRead(Reader& reader, std::size_t bytes, TimePoint now) {
  if (service_.client_byte_rate_bytes > 0) limits_.SpendBytes(service_, reader.client_, bytes, now);
}

void ClientThrottle::Enqueue(Reader& reader, TimePoint now) {
  reader.has_turn_ = false;
  Queue& queue = queues_[service::ClientOf(reader.client_)];
  reader.waits_in_ = this;
  reader.place_ = queue.readers.insert(queue.readers.end(), &reader);
  if (queue.next.at() != TimePoint::max()) return;
  deadlines_.Set(queue.next,
                 std::max(limits_.BytesFreeAt(service_, reader.client_, now), now + kStep));
  ArmTimer();
}

void ClientThrottle::Leave(Reader& reader) {
  const auto at = queues_.find(service::ClientOf(reader.client_));
  at->second.readers.erase(reader.place_);
  reader.waits_in_ = nullptr;
  if (at->second.readers.empty()) queues_.erase(at);
}

void ClientThrottle::Serve(Queue& queue, TimePoint now) {
  Reader& reader = *queue.readers.front();
  const bool limited = service_.client_byte_rate_bytes > 0;
  const TimePoint free_at = limited ? limits_.BytesFreeAt(service_, reader.client_, now) : now;
  if (free_at > now) return deadlines_.Set(queue.next, std::max(free_at, now + kStep));
  // If it needs less than there is, the next one has its turn soon.
  deadlines_.Set(queue.next, now + kStep);
  Leave(reader);
  reader.has_turn_ = true;
  reader.OnMayRead();
}

void ClientThrottle::OnTimer() {
  const TimePoint now = Now();
  deadlines_.RunDue(now, [&](Queue& queue) { Serve(queue, now); });
  ArmTimer();
}

void ClientThrottle::ArmTimer() {
  if (deadlines_.next() != TimePoint::max()) timer_->Arm(deadlines_.next());
}

void ClientThrottle::OnReload() {
  const TimePoint now = Now();
  for (auto& [client, queue] : queues_) deadlines_.Set(queue.next, now);
  ArmTimer();
}

}  // namespace funnel::tcpd
