#include "sctp/receive/loose_fragments.h"

namespace sctp {

bool LooseFragments::Add(const DataView& chunk) {
  Fragment fragment{chunk.stream, chunk.protocol, chunk.begin, chunk.end,
                    buffers_.Take(chunk.payload.size())};
  fragment.bytes.assign(chunk.payload.begin(), chunk.payload.end());
  const auto [at, added] = fragments_.try_emplace(chunk.tsn, std::move(fragment));
  if (!added) return true;
  held_ += chunk.payload.size() + kOverheadBytes;

  const auto joined = [](Map::iterator before, Map::iterator after) {
    return before->first + 1 == after->first && before->second.stream == after->second.stream &&
           !before->second.end && !after->second.begin;
  };

  auto first = at, last = at;
  while (!first->second.begin) {
    if (first == fragments_.begin() || !joined(std::prev(first), first)) return true;
    --first;
  }
  while (!last->second.end) {
    if (std::next(last) == fragments_.end() || !joined(last, std::next(last))) return true;
    ++last;
  }

  return Deliver(first, last);
}

bool LooseFragments::Deliver(Map::iterator first, Map::iterator last) {
  const StreamId stream = first->second.stream;
  const std::uint32_t protocol = first->second.protocol;
  const auto end = std::next(last);
  std::size_t bytes = 0;
  for (auto at = first; at != end; ++at) bytes += at->second.bytes.size();

  Bytes whole = buffers_.Take(bytes);
  while (first != end) {
    whole.insert(whole.end(), first->second.bytes.begin(), first->second.bytes.end());
    first = Erase(first);
  }
  const bool fits = whole.size() <= max_message_bytes_;
  if (fits) sink_.OnMessage(stream, protocol, whole);
  buffers_.Give(std::move(whole));
  return fits;
}

LooseFragments::Map::iterator LooseFragments::Erase(Map::iterator at) {
  held_ -= at->second.bytes.size() + kOverheadBytes;
  buffers_.Give(std::move(at->second.bytes));
  return fragments_.erase(at);
}

void LooseFragments::Forget(Tsn tsn) {
  while (!fragments_.empty() && fragments_.begin()->first <= tsn) Erase(fragments_.begin());
}

}  // namespace sctp
