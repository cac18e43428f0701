#include "sctp/path/mtu_search.h"

#include <algorithm>
#include <cassert>

namespace sctp {
namespace {

constexpr int kMostDoublings = 5;

}  // namespace

MtuSearch::MtuSearch(std::size_t limit_bytes)
    : limit_(limit_bytes), size_(std::min(limit_bytes, kBase)), high_(limit_bytes) {
  if (limit_ <= size_) return;
  Begin(State::kSearching, limit_);
}

void MtuSearch::SetState(State next, TimePoint due) {
  // A search goes on with the next size; a doubt ends, and what is done stays so.
  assert(next != state_ || next == State::kSearching);
  state_ = next;
  due_ = due;
  out_ = false;
}

void MtuSearch::Begin(State next, std::size_t size_bytes) {
  assert(next != State::kDone && size_bytes >= size_ && size_bytes <= limit_);
  SetState(next, TimePoint{});
  probe_ = size_bytes;
  lost_ = silent_ = 0;
  tries_ = 0;
}

void MtuSearch::Continue(TimePoint now) {
  if (high_ < size_ + kFine)
    SetState(State::kDone, now + kRaise);
  else
    Begin(State::kSearching, high_ == limit_ ? limit_ : (size_ + high_ + 4) / 2 & ~std::size_t{3});
}

std::optional<std::size_t> MtuSearch::Due(TimePoint now) const {
  if (state_ == State::kDone || out_ || due_ > now) return std::nullopt;
  return probe_;
}

void MtuSearch::OnSent(const PathNonce& nonce, Duration patience, TimePoint now) {
  nonces_[tries_++ % nonces_.size()] = nonce;
  out_ = true;
  sent_ = now;
  // Where nothing at all comes back, less and less is asked.
  due_ = now + patience * (1 << std::min(silent_, kMostDoublings));
}

bool MtuSearch::OnTime(bool alive, TimePoint now) {
  if (due_ > now) return false;
  if (state_ == State::kDone) {
    high_ = limit_;
    if (size_ > kBase)
      Begin(State::kDoubting, size_);
    else
      Begin(State::kSearching, limit_);
    return false;
  }
  if (!out_) return false;
  out_ = false;
  if (!alive) {
    ++silent_;
    return false;
  }
  silent_ = 0;
  if (++lost_ < kTries) return false;

  high_ = probe_ - 4;
  const bool black_hole = state_ == State::kDoubting;
  if (black_hole) size_ = kBase;
  Continue(now);
  return black_hole;
}

bool MtuSearch::OnAnswer(ByteView info, TimePoint now) {
  const auto end = nonces_.begin() + static_cast<std::ptrdiff_t>(std::min(tries_, nonces_.size()));
  const bool ours = std::any_of(nonces_.begin(), end, [&](const PathNonce& nonce) {
    return std::ranges::equal(info, nonce);
  });
  if (!ours || state_ == State::kDone) return ours;
  size_ = std::max(size_, probe_);
  high_ = std::max(high_, size_);
  Continue(now);
  return true;
}

void MtuSearch::Doubt(TimePoint now) {
  if (size_ <= kBase || state_ == State::kDoubting) return;
  if (doubted_ != TimePoint{} && now - doubted_ < kDoubtPause) return;
  doubted_ = now;
  Begin(State::kDoubting, size_);
}

}  // namespace sctp
