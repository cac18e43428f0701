#include "funnel-sctpd/relay/relay_link.h"

#include <algorithm>
#include <iterator>

#include "common/ipc/sctpd_messages.h"

namespace funnel::sctpd {

void RelayTurn::Run() {
  // Those that wake up during this turn run in the next one.
  running_ = std::exchange(awake_, {});
  std::reverse(running_.begin(), running_.end());
  while (!running_.empty()) {
    RelayEnd* end = running_.back();
    running_.pop_back();
    end->awake_ = false;
    if (end->watch_) end->observer().OnLinkReadable(*end);
  }
}

void RelayTurn::Wake(RelayEnd& end) {
  if (end.awake_) return;
  end.awake_ = true;
  awake_.push_back(&end);
  work_();
}

void RelayTurn::Forget(RelayEnd& end) {
  if (!end.awake_) return;
  std::erase(awake_, &end);
  std::erase(running_, &end);
}

RelayEnd::Pair RelayEnd::CreatePair(RelayTurn& turn, FrameLinkObserver& observer,
                                    std::size_t expiring_bytes) {
  Pair pair{new RelayEnd(turn, observer, expiring_bytes),
            new RelayEnd(turn, observer, expiring_bytes)};
  pair.first->twin_ = pair.second.get();
  pair.second->twin_ = pair.first.get();
  return pair;
}

RelayEnd::~RelayEnd() {
  turn_.Forget(*this);
  turn_.queued_bytes_ -= input_bytes_;
  if (twin_ == nullptr) return;
  twin_->twin_ = nullptr;
  turn_.Wake(*twin_);
}

ipc::FrameReader::Status RelayEnd::Drain(ipc::ReadBuffer& /*buffer*/, const OnFrame& on_frame) {
  using Status = ipc::FrameReader::Status;
  for (std::size_t taken = 0; !input_.empty(); PopFront()) {
    if (taken >= ipc::FrameReader::kBudget) {
      if (watch_) turn_.Wake(*this);
      return Status::kMore;
    }
    Waiting& next = input_.front();
    taken += next.frame.size();

    if (!Age(next, turn_.now_())) {
      ++turn_.expired_;
    } else if (!on_frame(next.frame)) {
      if (watch_) turn_.Wake(*this);
      return Status::kPaused;
    }
  }
  return twin_ == nullptr ? Status::kClosed : Status::kDrained;
}

void RelayEnd::WatchInput(bool watch) {
  watch_ = watch;
  if (watch && (!input_.empty() || twin_ == nullptr)) turn_.Wake(*this);
}

void RelayEnd::Append(ByteView frame) {
  if (twin_ == nullptr) return;
  auto header = wire::FrameHeader::Parse(frame);
  twin_->Take(Bytes(frame.begin(), frame.end()), header ? header->lifetime_ms : 0);
}

void RelayEnd::Append(wire::FrameType type, ChannelId channel, ByteView body) {
  if (type == wire::FrameType::kLinkUp) return WatchInput(true);
  if (twin_ == nullptr) return;
  if (type == wire::FrameType::kLinkEnd) {
    if (auto end = ipc::LinkEnd::Parse(body)) twin_->end_text_ = end->text;
    return;
  }
  twin_->Take(wire::MakeFrame({.type = type, .channel = channel}, body), 0);
}

std::size_t RelayEnd::pending_bytes() const { return twin_ == nullptr ? 0 : twin_->input_bytes_; }

void RelayEnd::Take(Bytes frame, std::uint32_t lifetime_ms) {
  const std::size_t cost = CostOf(frame.size());
  input_bytes_ += cost;
  turn_.queued_bytes_ += cost;

  input_.push_back({std::move(frame), turn_.now_(), lifetime_ms});
  if (lifetime_ms != 0) {
    expiring_bytes_ += cost;
    expiring_.push_back(std::prev(input_.end()));
  }

  while (expiring_bytes_ > expiring_limit_) DisplaceOldest();
  if (watch_) turn_.Wake(*this);
}

void RelayEnd::PopFront() {
  // If the first frame has a lifetime, it is also the first of those with a lifetime.
  if (input_.front().lifetime_ms != 0) expiring_.pop_front();
  Remove(input_.begin());
}

void RelayEnd::DisplaceOldest() {
  ++turn_.displaced_;
  Queue::iterator oldest = expiring_.front();
  expiring_.pop_front();
  Remove(oldest);
}

void RelayEnd::Remove(Queue::iterator waiting) {
  const std::size_t cost = CostOf(waiting->frame.size());
  input_bytes_ -= cost;
  turn_.queued_bytes_ -= cost;
  if (waiting->lifetime_ms != 0) expiring_bytes_ -= cost;
  input_.erase(waiting);
}

bool RelayEnd::Age(Waiting& waiting, TimePoint now) {
  if (waiting.lifetime_ms == 0) return true;
  auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - waiting.since).count();
  if (waited <= 0) return true;
  if (waited >= waiting.lifetime_ms) return false;
  waiting.lifetime_ms -= static_cast<std::uint32_t>(waited);
  waiting.since = now;

  auto header = wire::FrameHeader::Parse(waiting.frame);
  if (!header) return true;
  header->lifetime_ms = waiting.lifetime_ms;
  header->Serialize(std::span<std::uint8_t, wire::kFrameHeaderSize>(waiting.frame.data(),
                                                                    wire::kFrameHeaderSize));
  return true;
}

}  // namespace funnel::sctpd
