#include "common/module/framer.h"

#include <algorithm>

namespace funnel::module {
namespace {

// What an idle connection may keep.
constexpr std::size_t kKeptCapacity = 4 * 1024;

}  // namespace

void Framer::Append(ByteView bytes) {
  if (begin_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void Framer::Trim() {
  if (begin_ < buffer_.size()) return;
  begin_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > kKeptCapacity) Bytes().swap(buffer_);
}

void Framer::BeginStream() {
  if (stream_) return;
  stream_ = true;
  begin_ += shown_;
  shown_ = 0;
  left_ = 0;
  part_more_ = false;
}

// --- what is next

Framer::Piece Framer::Next() {
  for (;;) {
    if (stream_ && !open_) return {.stream = true, .bytes = pending(), .empty = pending().empty()};
    if (left_ > 0) return OfferPart();
    // What was sent of it before it was framed was all of it; or it is cut short.
    if (open_ && !part_more_ && shown_ == 0) return Offer({}, /*more=*/false);
    if (!Classify()) return OfferUnframed();
  }
}

bool Framer::Classify() {
  const ByteView bytes = pending();
  if (bytes.size() == asked_) return false;
  const funnel_verdict verdict = connection_.Read(connection_.end(), bytes);
  switch (verdict.kind) {
    case FUNNEL_NEED_MORE:
      asked_ = bytes.size();
      return false;
    case FUNNEL_MESSAGE:
      BeginPart(verdict);
      return true;
    case FUNNEL_STREAM:
      BeginStream();
      return true;
    default:
      mismatch_ = true;
      BeginStream();
      return true;
  }
}

void Framer::BeginPart(const funnel_verdict& verdict) {
  if (!open_) {
    verdict_ = verdict;
    decision_ = ledger_.Decide(dependencies());
  }

  const std::size_t sent = std::min<std::uint64_t>(shown_, verdict.length);
  begin_ += sent;
  shown_ -= sent;
  asked_ = 0;
  left_ = verdict.length - sent;
  part_more_ = verdict.more != 0;
}

Framer::Piece Framer::Offer(ByteView bytes, bool more) {
  offered_ = bytes.size();
  offered_more_ = more;
  offered_unframed_ = false;
  if (open_) return {.bytes = bytes, .more = more, .empty = false};
  return {.bytes = bytes,
          .order = decision_.order,
          .after = decision_.after,
          .more = more,
          .empty = false,
          .first = true,
          .barrier = decision_.barrier,
          .label = verdict_.label,
          .number = verdict_.number,
          .numbered = verdict_.numbered != 0};
}

Framer::Piece Framer::OfferPart() {
  const ByteView bytes = pending().first(std::min<std::uint64_t>(left_, pending().size()));
  const bool whole = bytes.size() == left_;
  const bool waits = !whole && !open_ && left_ <= kWholeMax && !released_;
  if (bytes.empty() || waits) return {};
  return Offer(bytes, !whole || part_more_);
}

Framer::Piece Framer::OfferUnframed() {
  const ByteView bytes = pending().subspan(shown_);
  if (!released_ || bytes.empty()) return {};
  if (!open_) {
    verdict_ = {};
    verdict_.order = FUNNEL_BARRIER;
    decision_ = ledger_.Decide(dependencies());
  }
  const Piece piece = Offer(bytes, /*more=*/true);
  offered_unframed_ = true;
  return piece;
}

// --- what was sent

void Framer::SentBytes(std::size_t count) {
  begin_ += count;
  Trim();
}

void Framer::SentMessage(std::uint64_t last) {
  if (!open_) unit_first_ = next_number_;
  next_number_ = last + 1;
  released_ = false;
  if (offered_unframed_) {
    shown_ += offered_;
  } else {
    begin_ += offered_;
    left_ -= offered_;
  }

  open_ = offered_more_;
  if (!open_) ledger_.Record(dependencies(), decision_, unit_first_, last);
  Trim();
}

}  // namespace funnel::module
