#include <gtest/gtest.h>

#include <random>

#include "funnelctl/status/status_model.h"
#include "tests/unit/funnelctl/status/example_status.h"

namespace funnel::ctl {
namespace {

TEST(StatusParse, TakesEveryFieldOfSctpd) {
  auto status = ParseSctpdStatus(kSctpdJson);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->pid, 4711);
  EXPECT_EQ(status->engine, "own");
  EXPECT_EQ(status->listen, std::vector<std::string>{"[::]:9899"});

  ASSERT_EQ(status->associations.size(), 2u);
  EXPECT_EQ(status->associations[0].srtt_ms, 12.5);
  ASSERT_EQ(status->associations[0].paths.size(), 2u);
  EXPECT_EQ(status->associations[0].paths[1].state, "silent");
  EXPECT_EQ(status->associations[0].moved, 1795230900);
  EXPECT_TRUE(status->associations[1].last_move.empty());
  EXPECT_FALSE(status->associations[0].retry_in_ms);
  EXPECT_EQ(status->associations[1].retry_in_ms, 1500);
  EXPECT_EQ(status->associations[1].direction, "") << "null";
  EXPECT_EQ(status->associations_omitted, 3);

  ASSERT_EQ(status->channels.size(), 2u);
  EXPECT_EQ(status->channels[0].stream, 3);
  EXPECT_FALSE(status->channels[1].stream);
  EXPECT_TRUE(status->channels[1].reason_authenticated);

  ASSERT_EQ(status->refusals.size(), 1u);
  EXPECT_EQ(status->refusals[0].when, 1795230002);
}

TEST(StatusParse, TakesEveryFieldOfAuthd) {
  auto status = ParseAuthdStatus(kAuthdJson);
  ASSERT_TRUE(status);
  ASSERT_EQ(status->identities.size(), 2u);
  EXPECT_EQ(status->identities[0].ticket_expires, 1795266000);
  EXPECT_FALSE(status->identities[1].in_keytab);
  ASSERT_EQ(status->peers.size(), 1u);
  EXPECT_EQ(status->peers[0].state, "verified");
  EXPECT_EQ(status->contexts, 2);
  ASSERT_EQ(status->failures.size(), 1u);
}

TEST(StatusParse, RefusesWhatIsNoObject) {
  for (const char* text : {"", "null", "[]", "5", "{", "{\"a\":}", "{} x", "\xff"}) {
    EXPECT_FALSE(ParseSctpdStatus(text)) << text;
    EXPECT_FALSE(ParseAuthdStatus(text)) << text;
  }
  EXPECT_FALSE(ParseSctpdStatus(std::string(100000, '[')));
}

TEST(StatusParse, TakesUnexpectedTypesForAbsent) {
  auto status = ParseSctpdStatus(
      R"({"pid": "x", "engine": 5, "listen": {}, "channels": [5, null, {"stream": "s", "bytes_sent": 1.5}],
          "associations": {"a": 1}, "refusals": "none", "unknown": [[[]]]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->pid, 0);
  EXPECT_EQ(status->engine, "");
  ASSERT_EQ(status->channels.size(), 3u);
  EXPECT_FALSE(status->channels[2].stream);
}

TEST(StatusParse, SurvivesRandomDamage) {
  std::mt19937 random(4711);
  for (int round = 0; round < 5000; ++round) {
    std::string text = kSctpdJson;
    for (int change = 0; change < 3; ++change)
      text[random() % text.size()] = static_cast<char>(random());
    (void)ParseSctpdStatus(text);
    (void)ParseAuthdStatus(text);
  }
}

}  // namespace
}  // namespace funnel::ctl
