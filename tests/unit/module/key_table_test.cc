#include "common/module/key_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

namespace funnel::module {
namespace {

TEST(KeyTable, FindsWhatWasAdded) {
  KeyTable<int> table;
  EXPECT_EQ(table.Find({1, 0}), nullptr);
  table.Get({1, 0}) = 7;
  ASSERT_TRUE(table.Has({1, 0}));
  EXPECT_EQ(*table.Find({1, 0}), 7);
  EXPECT_EQ(table.Get({1, 0}), 7);
  EXPECT_EQ(table.size(), 1u);
}

TEST(KeyTable, DistinguishesSpaces) {
  KeyTable<int> table;
  table.Get({1, 0}) = 7;
  EXPECT_FALSE(table.Has({1, 1}));
  EXPECT_FALSE(table.Has({0, 1}));
}

TEST(KeyTable, GivesBackWhatIsTaken) {
  KeyTable<int> table;
  for (int i = 0; i < 3; ++i) table.Get({static_cast<std::uint64_t>(i), 0}) = i;
  int out = -1;
  EXPECT_TRUE(table.Take({0, 0}, out));
  EXPECT_EQ(out, 0);
  EXPECT_FALSE(table.Take({0, 0}, out));
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(*table.Find({1, 0}), 1);
  EXPECT_EQ(*table.Find({2, 0}), 2);
}

TEST(KeyTable, IsEmptyAfterClear) {
  KeyTable<int> table;
  table.Get({1, 0}) = 7;
  table.Clear();
  EXPECT_TRUE(table.empty());
  EXPECT_FALSE(table.Has({1, 0}));
  EXPECT_EQ(table.Get({1, 0}), 0);
}

TEST(KeyTable, CanBeSwapped) {
  KeyTable<int> one, other;
  for (std::uint64_t i = 0; i < 100; ++i) one.Get({i, 0}) = 1;
  other.Get({5, 0}) = 2;
  std::swap(one, other);
  EXPECT_EQ(*one.Find({5, 0}), 2);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(*other.Find({i, 0}), 1);
}

// Values that differ in few bits, high ones or low ones, as ids and hashes do.
TEST(KeyTable, DoesWhatAMapDoes) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    const std::uint32_t names = 1 + random() % 300;
    const unsigned shift = random() % 60;
    KeyTable<std::uint32_t> table;
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t> model;

    for (int i = 0; i < 2000; ++i) {
      const KeyName name{.value = std::uint64_t{random() % names} << shift,
                         .space = static_cast<std::uint32_t>(random() % 3)};
      const std::pair place{name.value, name.space};
      const std::uint32_t what = random() % 100;
      if (what == 0) {
        table.Clear();
        model.clear();
      } else if (what < 40) {
        std::uint32_t out = 0;
        const auto at = model.find(place);
        ASSERT_EQ(table.Take(name, out), at != model.end());
        if (at == model.end()) continue;
        ASSERT_EQ(out, at->second);
        model.erase(at);
      } else {
        table.Get(name) = model[place] = random();
      }
      ASSERT_EQ(table.size(), model.size());
    }

    for (const auto& [place, value] : model) {
      ASSERT_TRUE(table.Has({place.first, place.second}));
      ASSERT_EQ(*table.Find({place.first, place.second}), value);
    }
  }
}

// Of so many names, with a table of twice as many slots, few hash to places that are taken.
TEST(KeyHash, SpreadsNamesThatDifferLittle) {
  const KeyHash hash;
  for (const unsigned shift : {0, 8, 32, 48}) {
    std::map<std::uint64_t, int> places;
    int most = 0;
    for (std::uint64_t i = 0; i < 1024; ++i)
      most = std::max(most, ++places[(hash({i << shift, 0}) >> 32) % 2048]);
    EXPECT_LT(most, 64) << "shift " << shift;
  }
}

TEST(KeyHash, IsAnotherOneEachTime) {
  const KeyHash one, other;
  EXPECT_NE(one({1, 2}), other({1, 2}));
}

}  // namespace
}  // namespace funnel::module
