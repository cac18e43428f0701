// The engine and the key table agree about every key: its default, and which values are too small
// or too large.
#include "funnel-sctpd/engine/settings.h"

#include <gtest/gtest.h>

#include "tests/unit/config/keys/ends_of_ranges.h"
#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

using config::KeyRow;

class SettingsTest : public EngineTest {
 protected:
  // Makes both ends with these, and an association between them.
  void Use(const Settings& settings) {
    Reset();
    Start(a, 1, settings);
    Start(b, 2, settings);
    auto id = a.engine->Connect({{b.address}, Carrier::kUdp, settings.sctp_port});
    ASSERT_TRUE(id.has_value()) << id.error().message;
    ASSERT_TRUE(Run([&] { return a.ups.size() == 1 && b.ups.size() == 1; }));
  }
};

TEST_F(SettingsTest, EnginesAssociateAtBothEndsOfEveryRange) {
  int walked = 0;
  for (const KeyRow& row : config::SctpKeys()) {
    if (PrintRange(row.type, row.range).empty()) continue;
    for (std::int64_t end : {row.range.min, row.range.max}) {
      SCOPED_TRACE(std::string(row.key) + " = " + PrintNumber(row.type, end));
      config::NodeConfig node;
      config::SetWithOthers(config::SctpKeys(), row, end, &node);
      const Settings settings(node.sctp);
      auto fits = settings.Check();
      ASSERT_TRUE(fits) << fits.error().message;
      ASSERT_NO_FATAL_FAILURE(Use(settings));
      ++walked;
    }
  }
  EXPECT_GE(walked, 60);
}

// An engine is made once: no reload can change its settings, and the table must say so.
TEST_F(SettingsTest, WhateverAnEngineIsToldTakesARestart) {
  const Settings before{config::SctpConfig{}};
  for (const KeyRow& row : config::SctpKeys()) {
    if (PrintRange(row.type, row.range).empty()) continue;
    for (std::int64_t end : {row.range.min, row.range.max}) {
      config::NodeConfig node;
      config::SetNumber(row, end, &node);
      if (!(Settings(node.sctp) == before)) {
        EXPECT_EQ(row.applied, config::Applied::kRestart) << row.key;
      }
    }
  }
}

TEST_F(SettingsTest, DefaultsAreTheTables) {
  const config::SctpConfig table;
  const Settings engine;
  EXPECT_EQ(engine, Settings(table));
  EXPECT_EQ(engine.send_buffer_bytes, table.send_buffer_bytes);
  EXPECT_EQ(engine.heartbeat, table.heartbeat);
  EXPECT_EQ(engine.max_associations, table.max_associations);
  EXPECT_EQ(engine.ip_packet_limit_bytes, table.packet_size_bytes + 28);
}

TEST_F(SettingsTest, WhatDoesNotFitTogetherIsRefused) {
  auto legal = [](auto change) {
    Settings settings;
    change(settings);
    return settings.Check().has_value();
  };
  EXPECT_TRUE(legal([](Settings&) {}));
  EXPECT_FALSE(legal([](Settings& s) { s.rto_initial = milliseconds(50); }));
  EXPECT_FALSE(legal([](Settings& s) { s.heartbeat = milliseconds(9000); }));
  EXPECT_FALSE(legal([](Settings& s) { s.streams = 0; }));
  EXPECT_FALSE(legal([](Settings& s) { s.max_message_bytes = 4u << 20; }));
}

}  // namespace
}  // namespace funnel::sctp::test
