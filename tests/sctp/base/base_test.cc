// Runs of TSNs, the ring, addresses.
#include <gtest/gtest.h>

#include <set>

#include "sctp/base/address.h"
#include "sctp/base/buffer_pool.h"
#include "sctp/base/ring.h"
#include "sctp/base/tsn_runs.h"
#include "tests/sctp/test_random.h"

namespace sctp {
namespace {

using Added = TsnRuns::Added;

std::vector<TsnRun> RunsOf(const TsnRuns& runs) { return {runs.runs().begin(), runs.runs().end()}; }

TEST(TsnRunsTest, HoldsNothingWithoutGaps) {
  TsnRuns tsns(Tsn(0xfffffffe));
  for (std::uint32_t i = 1; i <= 5; ++i) EXPECT_EQ(tsns.Add(Tsn(0xfffffffe) + i), Added::kNew);
  EXPECT_EQ(tsns.cumulative(), Tsn(3));
  EXPECT_TRUE(tsns.empty());
  EXPECT_EQ(tsns.Add(Tsn(3)), Added::kDuplicate);
  EXPECT_EQ(tsns.Add(Tsn(0xffffffff)), Added::kDuplicate);
}

TEST(TsnRunsTest, MergesNeighbours) {
  TsnRuns tsns(Tsn(10));
  EXPECT_EQ(tsns.Add(Tsn(13)), Added::kNew);
  EXPECT_EQ(tsns.Add(Tsn(15)), Added::kNew);
  EXPECT_EQ(tsns.Add(Tsn(13)), Added::kDuplicate);
  EXPECT_EQ(RunsOf(tsns), (std::vector<TsnRun>{{Tsn(13), Tsn(13)}, {Tsn(15), Tsn(15)}}));
  EXPECT_EQ(tsns.Add(Tsn(14)), Added::kNew);
  EXPECT_EQ(RunsOf(tsns), (std::vector<TsnRun>{{Tsn(13), Tsn(15)}}));
  EXPECT_EQ(tsns.Add(Tsn(12)), Added::kNew);
  EXPECT_EQ(tsns.highest(), Tsn(15));
  EXPECT_EQ(tsns.Add(Tsn(11)), Added::kNew);
  EXPECT_EQ(tsns.cumulative(), Tsn(15));
  EXPECT_TRUE(tsns.empty());
}

TEST(TsnRunsTest, RefusesOneRunTooMany) {
  TsnRuns tsns(Tsn(0), 2);
  EXPECT_EQ(tsns.Add(Tsn(2)), Added::kNew);
  EXPECT_EQ(tsns.Add(Tsn(4)), Added::kNew);
  EXPECT_EQ(tsns.Add(Tsn(6)), Added::kNoRoom);
  EXPECT_EQ(tsns.Add(Tsn(5)), Added::kNew);  // it needs no run of its own
  EXPECT_EQ(tsns.Add(Tsn(1)), Added::kNew);
  EXPECT_EQ(tsns.cumulative(), Tsn(2));
}

TEST(TsnRunsTest, AdvancingSwallowsWhatItReaches) {
  TsnRuns tsns(Tsn(0));
  (void)tsns.AddRange({Tsn(3), Tsn(4)});
  (void)tsns.AddRange({Tsn(7), Tsn(9)});
  tsns.AdvanceTo(Tsn(6));
  EXPECT_EQ(tsns.cumulative(), Tsn(9));
  tsns.AdvanceTo(Tsn(2));
  EXPECT_EQ(tsns.cumulative(), Tsn(9));
}

// Compares with a plain set, over many random additions across the end of the circle.
TEST(TsnRunsTest, AgreesWithASet) {
  testing::TestRandom random(1);
  for (int trial = 0; trial < 50; ++trial) {
    const Tsn start(0xffffff80);
    TsnRuns tsns(start);
    std::set<std::uint32_t> there;  // offsets from START, 1 and up
    std::uint32_t cumulative = 0;

    for (int step = 0; step < 300; ++step) {
      const std::uint32_t first = 1 + cumulative + random.U32() % 60;
      const std::uint32_t last = first + (random.U32() % 4 == 0 ? random.U32() % 9 : 0);

      std::uint32_t missing = 0, told = 0;
      for (std::uint32_t i = first; i <= last; ++i) missing += there.insert(i).second;
      tsns.ForMissing({start + first, start + last}, [&](TsnRun run) {
        told += static_cast<std::uint32_t>(run.last - run.first) + 1;
      });

      EXPECT_EQ(told, missing);
      EXPECT_EQ(tsns.AddRange({start + first, start + last}),
                missing > 0 ? Added::kNew : Added::kDuplicate);

      while (there.contains(cumulative + 1)) ++cumulative;
      ASSERT_EQ(tsns.cumulative(), start + cumulative);
      for (std::uint32_t i = 1; i < cumulative + 80; ++i)
        ASSERT_EQ(tsns.Contains(start + i), i <= cumulative || there.contains(i));

      Tsn before = tsns.cumulative();
      for (const TsnRun& run : tsns.runs()) {
        ASSERT_GT(run.first, before + 1);
        ASSERT_GE(run.last, run.first);
        before = run.last;
      }
    }
  }
}

TEST(RingTest, WhatWasMuchIsGivenBack) {
  Ring<int> ring;
  for (int i = 0; i < 5000; ++i) ring.push_back(i);
  ring.pop_front(4999);
  EXPECT_GE(ring.capacity(), 5000u);
  ring.pop_front();
  EXPECT_EQ(ring.capacity(), 0u);
  ring.push_back(7);
  EXPECT_EQ(ring.begin_number(), 5000u);
  EXPECT_EQ(ring[5000], 7);
  ring.pop_front();
  EXPECT_GT(ring.capacity(), 0u);  // it keeps little memory
}

TEST(RingTest, ElementsKeepTheirNumbers) {
  Ring<int> ring;
  for (int i = 0; i < 100; ++i) {
    ring.push_back(i);
    if (i % 3 == 0) ring.pop_front();
  }
  EXPECT_EQ(ring.size(), 66u);
  for (std::uint64_t i = ring.begin_number(); i != ring.end_number(); ++i)
    EXPECT_EQ(ring[i], static_cast<int>(i));
  EXPECT_FALSE(ring.Contains(33));
  EXPECT_TRUE(ring.Contains(34));
  EXPECT_EQ(ring.back(), 99);
}

TEST(BufferPoolTest, GivesBackWhatItGot) {
  BufferPool pool;
  Bytes buffer = pool.Take(1000);
  buffer.resize(700);
  const std::uint8_t* at = buffer.data();
  pool.Give(std::move(buffer));
  const Bytes again = pool.Take(900);
  EXPECT_EQ(again.data(), at);
  EXPECT_TRUE(again.empty());
}

// Otherwise a peer could make large buffers by large messages, and keep each with a few bytes.
TEST(BufferPoolTest, GivesNoLargeBufferForAFewBytes) {
  BufferPool pool;
  std::vector<Bytes> large;
  for (int i = 0; i < 40; ++i) large.push_back(pool.Take(100'000));
  for (Bytes& buffer : large) pool.Give(std::move(buffer));
  for (const std::size_t bytes : {1u, 64u, 65u, 1000u, 1400u, 9000u}) {
    const Bytes buffer = pool.Take(bytes);
    EXPECT_GE(buffer.capacity(), bytes);
    EXPECT_LE(buffer.capacity(), std::max(BufferPool::kLeastBytes, BufferPool::kSlack * bytes));
  }
}

TEST(BufferPoolTest, GrowingKeepsWhatWasThere) {
  BufferPool pool;
  Bytes buffer = pool.Take(10);
  for (int i = 0; i < 300; ++i) {
    pool.Grow(buffer, 1000);
    EXPECT_GE(buffer.capacity() - buffer.size(), 1000u);
    buffer.insert(buffer.end(), 1000, static_cast<std::uint8_t>(i));
  }
  for (std::size_t i = 0; i < 300; ++i) ASSERT_EQ(buffer[i * 1000], static_cast<std::uint8_t>(i));
}

TEST(BufferPoolTest, WhatWasNotMadeHereIsNotKept) {
  BufferPool pool;
  Bytes odd;
  odd.reserve(1000);
  const std::uint8_t* at = odd.data();
  pool.Give(std::move(odd));
  EXPECT_NE(pool.Take(1000).data(), at);
}

TEST(AddressTest, EveryPartCounts) {
  Address a;
  a.host[15] = 1;
  a.port = 9899;
  Address other_port = a, other_host = a, other_carrier = a;
  other_port.port = 9900;
  other_host.host[0] = 1;
  other_carrier.carrier = 1;
  const std::set<std::size_t> hashes{std::hash<Address>{}(a), std::hash<Address>{}(other_port),
                                     std::hash<Address>{}(other_host),
                                     std::hash<Address>{}(other_carrier)};
  EXPECT_EQ(hashes.size(), 4u);
  EXPECT_NE(a, other_carrier);
}

}  // namespace
}  // namespace sctp
