#include "sctp/send/outstanding.h"

#include <algorithm>

namespace sctp {

Tsn Outstanding::Add(const Fragment& fragment) {
  const Tsn tsn = next_tsn();
  SentChunk chunk;
  chunk.fragment = fragment;
  chunks_.push_back(chunk);
  ++counts_[Index(State::kInFlight)];
  unacked_bytes_ += fragment.length;
  return tsn;
}

SentChunk* Outstanding::Find(Tsn tsn) {
  const std::int32_t at = tsn - TsnOf(chunks_.begin_number());
  if (at < 0 || static_cast<std::size_t>(at) >= chunks_.size()) return nullptr;
  return &chunks_[chunks_.begin_number() + static_cast<std::uint64_t>(at)];
}

void Outstanding::SetState(SentChunk& chunk, Tsn tsn, State state) {
  --counts_[Index(chunk.state)];
  ++counts_[Index(state)];
  if (Unacked(chunk.state)) unacked_bytes_ -= chunk.fragment.length;
  if (Unacked(state)) unacked_bytes_ += chunk.fragment.length;
  chunk.state = state;
  if (state != State::kLost && state != State::kUnreported) return;
  const auto number =
      chunks_.begin_number() + static_cast<std::uint32_t>(tsn - TsnOf(chunks_.begin_number()));
  std::uint64_t& hint = state == State::kLost ? lost_hint_ : unreported_hint_;
  hint = std::min(hint, number);
}

std::optional<Tsn> Outstanding::FirstOf(State state, std::uint64_t& hint, std::uint64_t end) {
  for (hint = std::max(hint, chunks_.begin_number()); hint < end; ++hint)
    if (chunks_[hint].state == state) return TsnOf(hint);
  return std::nullopt;
}

std::optional<Tsn> Outstanding::FirstLost() {
  if (lost() == 0) return std::nullopt;
  return FirstOf(State::kLost, lost_hint_, chunks_.end_number());
}

std::optional<Tsn> Outstanding::FirstUnreported(Tsn until) {
  if (unreported() == 0 || until < cumulative()) return std::nullopt;
  const std::uint64_t end =
      chunks_.begin_number() + static_cast<std::uint32_t>(until - cumulative());
  return FirstOf(State::kUnreported, unreported_hint_, std::min(end, chunks_.end_number()));
}

std::optional<Tsn> Outstanding::LastInFlight() {
  for (std::uint64_t i = chunks_.end_number(); i != chunks_.begin_number(); --i)
    if (chunks_[i - 1].state == State::kInFlight) return TsnOf(i - 1);
  return std::nullopt;
}

void Outstanding::ForgetAcked() {
  for (std::uint64_t i = chunks_.begin_number(); i != chunks_.end_number(); ++i)
    if (chunks_[i].state == State::kAcked) SetState(chunks_[i], TsnOf(i), State::kLost);
  acked_ = TsnRuns(cumulative());
}

void Outstanding::PopFront() {
  const SentChunk& chunk = chunks_.front();
  --counts_[Index(chunk.state)];
  if (Unacked(chunk.state)) unacked_bytes_ -= chunk.fragment.length;
  chunks_.pop_front();
  acked_.AdvanceTo(cumulative());
}

}  // namespace sctp
