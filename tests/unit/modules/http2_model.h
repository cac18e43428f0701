// HTTP/2's rules about order, stated by themselves (RFC 9113, RFC 7541): an end that receives
// frames in each order that the module allows, and says whether a receiver would find an error or
// understand something else than was meant.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/modules/http2_sender.h"

namespace funnel::module::http2 {

// The other end, to which frames come in some order.
class Receiver {
 public:
  Receiver(const Sender& sender, funnel_end from) : sender_(sender), from_(from) {}

  // False: a receiver would find an error.
  [[nodiscard]] bool Take(std::size_t index) {
    const Said& said = sender_.said()[index];
    const auto before =
        std::ranges::count_if(taken_, [index](std::size_t one) { return one < index; });
    const bool has_all = static_cast<std::size_t>(before) == index;
    const bool in_place = has_all && taken_.size() == index;
    taken_.insert(index);
    last_ = std::max(last_, index);

    switch (said.type) {
      case kSettings:
        if (said.flags == kAck) resize_due_ = true;
        return in_place;
      case kGoaway:
      case kPriorityUpdate:
        return in_place;
      case kPing:
        return has_all;
      case kWindow:
        return said.stream == 0 || !IsIdle(said.stream);
      default:
        return TakeOfStream(said);
    }
  }

 private:
  struct Stream {
    int taken = 0;
    bool ended = false, reset = false;
  };

  [[nodiscard]] bool IsIdle(std::uint32_t stream) const {
    if (from_ == FUNNEL_SERVER && stream % 2 == 1) return false;  // we have opened it
    return !streams_.contains(stream);
  }

  bool TakeOfStream(const Said& said) {
    const bool first = !streams_.contains(said.stream);
    if (from_ == FUNNEL_CLIENT && first && (said.type != kHeaders || said.stream <= highest_))
      return false;
    Stream& stream = streams_[said.stream];
    if (stream.taken++ != said.in_stream) return false;
    if ((said.flags & kEndStream) != 0) stream.ended = true;
    if (said.type == kReset) stream.reset = true;
    if (said.type == kPromise && !TakePromise(said)) return false;
    if ((said.type == kHeaders || said.type == kPromise) && !Decode(said.block)) return false;
    if (from_ != FUNNEL_CLIENT || !first) return true;
    highest_ = said.stream;
    return CountOpen() <= kStreamLimit;
  }

  bool TakePromise(const Said& said) {
    if (said.promised <= highest_promised_) return false;
    highest_promised_ = said.promised;
    return streams_[said.promised].taken++ == said.in_promised;
  }

  bool Decode(const BlockSaid& block) {
    if (resize_due_ && !block.resizes) return false;
    resize_due_ = false;
    if (block.resizes) table_.Resize(block.size);
    if (block.kind == BlockSaid::kInsert) table_.Insert(block.value);
    if (block.kind != BlockSaid::kRefer) return true;
    return block.index < table_.entries.size() && table_.entries[block.index] == block.value;
  }

  // Counts as we do. Streams that we have ended count as ended when the sender knew it.
  [[nodiscard]] std::size_t CountOpen() const {
    return static_cast<std::size_t>(std::ranges::count_if(streams_, [this](const auto& one) {
      const auto ours = sender_.far_ended().find(one.first);
      const bool we_ended = ours != sender_.far_ended().end() && ours->second <= last_;
      return !one.second.reset && !(one.second.ended && we_ended);
    }));
  }

  const Sender& sender_;
  const funnel_end from_;
  std::size_t last_ = 0;
  std::set<std::size_t> taken_;
  std::map<std::uint32_t, Stream> streams_;
  std::uint32_t highest_ = 0, highest_promised_ = 0;
  Table table_;
  bool resize_due_ = false;
};

inline bool BreaksRules(std::uint32_t seed, funnel_end end, const Alter& alter) {
  const Sender sender(seed, end, alter);
  LinearExtensions extensions(sender.sent().placed(), seed);
  for (int i = 0; i < 20; ++i) {
    Receiver receiver(sender, end);
    for (const std::size_t index : extensions.Sample())
      if (!receiver.Take(index)) return true;
  }
  return false;
}

inline bool BreaksRulesWithSomeSeed(const Alter& alter) {
  for (std::uint32_t seed = 0; seed < 60; ++seed)
    for (const funnel_end end : {FUNNEL_CLIENT, FUNNEL_SERVER})
      if (BreaksRules(seed, end, alter)) return true;
  return false;
}

}  // namespace funnel::module::http2
