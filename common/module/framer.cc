#include "common/module/framer.h"

#include <algorithm>
#include <utility>

namespace funnel::module {
namespace {

// How much memory an idle connection may keep.
constexpr std::size_t kKeptCapacity = 4 * 1024;

Dependencies DependenciesOf(const funnel_verdict& verdict) {
  return {static_cast<funnel_order>(verdict.order), {verdict.keys, verdict.key_count}};
}

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
  if (open_) return;
  // One message seldom has more keys.
  if (keys_.capacity() > FUNNEL_KEYS_MAX) std::vector<funnel_key>().swap(keys_);
  if (labels_.capacity() > FUNNEL_KEYS_MAX) std::vector<Label>().swap(labels_);
}

void Framer::BeginStream() {
  if (stream_) return;
  stream_ = true;
  begin_ += shown_;
  shown_ = 0;
  left_ = 0;
  part_more_ = false;
  kept_.reset();
}

// --- what is next

Framer::Piece Framer::Next() {
  for (;;) {
    if (stream_ && !open_) return {.stream = true, .bytes = pending(), .empty = pending().empty()};
    if (left_ > 0) return OfferPart();
    // What was sent of it unframed was all of it; or it is cut short.
    if (open_ && !part_more_ && shown_ == 0) return Offer({}, /*more=*/false);
    if (!Classify()) return OfferUnframed();
  }
}

bool Framer::Classify() {
  if (!kept_ && pending().size() == asked_) return false;
  const funnel_verdict verdict = kept_ ? *std::exchange(kept_, std::nullopt) : Ask(pending());

  switch (verdict.kind) {
    case FUNNEL_NEED_MORE:
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

funnel_verdict Framer::Ask(ByteView bytes) {
  const funnel_verdict verdict = connection_.Read(connection_.end(), bytes);
  asked_ = verdict.kind == FUNNEL_NEED_MORE ? bytes.size() : 0;
  return verdict;
}

void Framer::BeginPart(const funnel_verdict& verdict) {
  if (!open_) BeginMessage(verdict);

  const std::size_t sent = std::min<std::uint64_t>(shown_, verdict.length);
  begin_ += sent;
  shown_ -= sent;
  left_ = verdict.length - sent;
  part_more_ = verdict.more != 0;
  if (!open_ && !part_more_) Join();
}

void Framer::BeginMessage(const funnel_verdict& verdict) {
  order_ = static_cast<funnel_order>(verdict.order);
  keys_.clear();
  labels_.clear();
  decision_ = ledger_.Decide(DependenciesOf(verdict));
  AddMessage(verdict);
}

void Framer::AddMessage(const funnel_verdict& verdict) {
  keys_.insert(keys_.end(), verdict.keys, verdict.keys + verdict.key_count);
  if (verdict.label != nullptr)
    labels_.push_back({verdict.label, verdict.number, verdict.numbered != 0});
}

// The verdict on a message that cannot be joined is kept, so that the module is asked only once. It
// does not learn what is delivered in between. That is right: the application had not seen that
// when it sent these bytes.
void Framer::Join() {
  while (left_ < std::min(pending().size(), kJoinedMax)) {
    const funnel_verdict verdict = Ask(pending().subspan(left_));
    if (verdict.kind == FUNNEL_NEED_MORE) return;
    const bool joins = verdict.kind == FUNNEL_MESSAGE && verdict.more == 0 &&
                       verdict.length <= std::min(pending().size(), kJoinedMax) - left_ &&
                       ledger_.MayJoin(decision_, keys_, DependenciesOf(verdict));
    if (!joins) {
      kept_ = verdict;
      return;
    }
    AddMessage(verdict);
    left_ += verdict.length;
  }
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
          .labels = labels_};
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
    funnel_verdict barrier{};
    barrier.order = FUNNEL_BARRIER;
    BeginMessage(barrier);
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
