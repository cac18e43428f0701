// The model of a protocol: a test states the protocol's rules about order by themselves, lets this
// invent conversations, and checks whether any order of delivery that the module allows breaks the
// rules. If keys are removed, or are of the wrong kind, the rules must break: otherwise the model
// notices nothing.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "common/base/bytes.h"
#include "tests/unit/modules/module_under_test.h"

namespace funnel::module {

// Changes the module's verdict before it counts.
using Alter = std::function<void(funnel_verdict&)>;

namespace alter {

inline void Nothing(funnel_verdict&) {}
inline void NoKeys(funnel_verdict& verdict) { verdict.key_count = 0; }
inline void AllShared(funnel_verdict& verdict) {
  for (funnel_key& key : std::span(verdict.keys, verdict.key_count)) key.mode = FUNNEL_SHARED;
}
inline void NoBarriers(funnel_verdict& verdict) {
  if (verdict.order == FUNNEL_BARRIER) verdict.order = FUNNEL_BY_KEYS;
}
inline void NoAfterAll(funnel_verdict& verdict) {
  if (verdict.order == FUNNEL_AFTER_ALL) verdict.order = FUNNEL_BY_KEYS;
}
// Removes the keys of SPACE.
inline Alter Without(std::uint32_t space) {
  return [space](funnel_verdict& verdict) {
    std::uint32_t left = 0;
    for (std::uint32_t i = 0; i < verdict.key_count; ++i)
      if (verdict.keys[i].space != space) verdict.keys[left++] = verdict.keys[i];
    verdict.key_count = left;
  };
}

}  // namespace alter

// An invented conversation; MESSAGE is what a test's rules need to know about a message.
template <typename Message>
class MadeUp {
 public:
  // MODULE outlives this.
  MadeUp(ModuleUnderTest& module, std::uint32_t seed, const Alter& alter)
      : module_(module), alter_(alter), seed_(seed), random_(seed) {}

  // SENDER sends BYTES, a message or several parts of one.
  void Say(funnel_end sender, const Message& message, ByteView bytes) {
    funnel_verdict verdict = module_.Read(sender, bytes);
    ASSERT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE});
    ASSERT_EQ(verdict.length, bytes.size());
    alter_(verdict);
    sent_[sender].Add(verdict);
    said_[sender].push_back(message);
  }
  [[nodiscard]] std::uint32_t Below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(random_() % limit);
  }

  // Whether some sampled order of what SENDER sent breaks RULE(earlier, later), which is true if
  // the two must stay in this order.
  template <typename Rule>
  [[nodiscard]] bool Breaks(funnel_end sender, Rule&& rule) const {
    constexpr int kSamples = 20;
    const std::vector<Message>& said = said_[sender];
    return IsBroken(sent_[sender], seed_, kSamples,
                    [&](std::size_t one, std::size_t two) { return rule(said[one], said[two]); });
  }
  [[nodiscard]] const SentMessages& sent(funnel_end sender) const { return sent_[sender]; }

 private:
  ModuleUnderTest& module_;
  const Alter& alter_;
  const std::uint32_t seed_;
  std::mt19937 random_;
  SentMessages sent_[2];
  std::vector<Message> said_[2];
};

// CONVERSE(made up) fills a conversation of MODULE and says whether some order breaks the rules.
template <typename Message, typename Module = ModuleUnderTest, typename Converse>
[[nodiscard]] bool BreaksRules(Converse&& converse, const Alter& alter) {
  constexpr std::uint32_t kSeeds = 50;
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    Module module;
    MadeUp<Message> made_up(module, seed, alter);
    if (converse(made_up)) return true;
  }
  return false;
}

}  // namespace funnel::module
