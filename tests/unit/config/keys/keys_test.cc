#include "common/config/keys/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "common/config/keys/help.h"

namespace funnel::config {
namespace {

struct Table {
  const char* name;
  std::span<const KeyRow> rows;
  void* object;
};

class Keys : public testing::Test {
 protected:
  NodeConfig node_;
  PeerConfig peer_;
  ServiceConfig service_;
  Table tables_[3] = {{"funnel.conf", NodeKeys(), &node_},
                      {"peer", PeerKeys(), &peer_},
                      {"service", ServiceKeys(), &service_}};
};

std::string Example(Type type) {
  switch (type) {
    case Type::kPrincipal:
    case Type::kPattern:
      return "a/b@R";
    case Type::kIpAddress:
      return "192.0.2.1";
    case Type::kHostPort:
    case Type::kLiteralPort:
    case Type::kBackend:
      return "192.0.2.1:53";
    case Type::kNetwork:
      return "192.0.2.0/24";
    case Type::kStream:
      return "7";
    case Type::kSuites:
      return "2 1";
    case Type::kGroup:
      return "224.0.0.251%eth0";
    case Type::kPorts:
      return "8000-8999";
    case Type::kBytes:
      return "text:a";
    case Type::kOption:
      return "name=value";
    case Type::kCommandLine:
      return "/usr/bin/rsync --server";
    default:
      return "name";
  }
}

TEST_F(Keys, EveryDefaultParsesAndIsInRange) {
  for (const Table& table : tables_) {
    for (const KeyRow& row : table.rows) {
      std::string text = PrintValue(row.type, row.member.in(table.object));
      if (text.empty()) continue;
      // A required word such as `protocol` has an initial value, which nobody sees.
      auto parsed = ParseValue(row.type, row.range, text, row.member.in(table.object));
      EXPECT_TRUE(parsed) << table.name << ' ' << row.key << ": "
                          << (parsed ? "" : parsed.error().message);
      EXPECT_EQ(PrintValue(row.type, row.member.in(table.object)), text) << row.key;
    }
  }
}

TEST_F(Keys, EveryTypeFitsItsMember) {
  for (const Table& table : tables_) {
    for (const KeyRow& row : table.rows) {
      if (!PrintValue(row.type, row.member.in(table.object)).empty())
        continue;  // they were
                   // compared above
      auto parsed = ParseValue(row.type, row.range, Example(row.type), row.member.in(table.object));
      EXPECT_TRUE(parsed) << table.name << ' ' << row.key << ": "
                          << (parsed ? "" : parsed.error().message);
      EXPECT_EQ(PrintValue(row.type, row.member.in(table.object)), Example(row.type)) << row.key;
    }
  }
}

TEST_F(Keys, NumbersHaveARangeAndAreHeldByTheirMember) {
  for (const Table& table : tables_) {
    for (const KeyRow& row : table.rows) {
      if (PrintRange(row.type, row.range).empty()) continue;
      EXPECT_LT(row.range.min, row.range.max) << row.key;
      Field field = row.member.in(table.object);
      const int bits = std::holds_alternative<std::uint16_t*>(field)   ? 16
                       : std::holds_alternative<std::uint64_t*>(field) ? 62
                                                                       : 32;
      EXPECT_LE(row.range.max, std::int64_t{1} << bits) << row.key;
    }
  }
}

// Otherwise a part of the range could occur in no configuration.
TEST_F(Keys, WhatTheyMayNotExceedIsAKeyOfTheirSectionAndReachesAsFar) {
  int bounded = 0;
  for (const Table& table : tables_) {
    for (const KeyRow& row : table.rows) {
      if (row.not_above.empty()) continue;
      ++bounded;
      const KeyRow* other = FindKey(table.rows, row.section, row.not_above);
      ASSERT_NE(other, nullptr) << row.key;
      EXPECT_EQ(other->type, row.type) << row.key;
      EXPECT_LE(row.range.max * row.factor, other->range.max) << row.key;
      EXPECT_LE(row.range.min * row.factor, other->range.min) << row.key;
    }
  }
  EXPECT_GE(bounded, 8);
}

TEST(DescribeLimits, SaysWhatElseBoundsAKeyAndWhatAppliesIt) {
  const KeyRow& row = *FindKey(NodeKeys(), "sctp", "heartbeat");
  EXPECT_EQ(DescribeLimits(row),
            "default: 2s; range: 100ms to 15s; at most half of dead-peer-timeout; a change needs a "
            "restart; since 0.1");
}

// "rto-min" is called rto_min from the file to the engine; [relay] from is relay_from; sizes end in
// their unit.
TEST_F(Keys, AreCalledAsTheirMembersAre) {
  for (const Table& table : tables_) {
    for (const KeyRow& row : table.rows) {
      std::string name(row.key);
      std::ranges::replace(name, '-', '_');
      if (row.type == Type::kSize) name += "_bytes";
      const std::string with_section = std::string(row.section) + '_' + name;
      EXPECT_TRUE(row.member.name == name || row.member.name == with_section)
          << '[' << row.section << "] " << row.key << " is " << row.member.name;
    }
  }
}

TEST_F(Keys, AreUniqueAndExplained) {
  for (const Table& table : tables_) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const KeyRow& row : table.rows) {
      EXPECT_TRUE(seen.emplace(row.section, row.key).second) << row.key << " is there twice";
      EXPECT_TRUE(row.help.ends_with('.')) << row.key;
      EXPECT_FALSE(row.since.empty());
    }
  }
}

TEST(PrintDefault, ReportsInitialAndComputedOnes) {
  EXPECT_EQ(PrintDefault(*FindKey(NodeKeys(), "sctp", "rto-min")), "100ms");
  EXPECT_EQ(PrintDefault(*FindKey(ServiceKeys(), "service", "max-flows")), "16384");
  EXPECT_EQ(PrintDefault(*FindKey(PeerKeys(), "peer", "carrier")), "auto");
  EXPECT_EQ(PrintDefault(*FindKey(PeerKeys(), "peer", "node")), "");
  EXPECT_EQ(PrintDefault(*FindKey(ServiceKeys(), "service", "wire-name")), "the file's name");
}

TEST(PrintValues, GivesEachElementOfAList) {
  ServiceConfig service;
  const KeyRow& row = *FindKey(ServiceKeys(), "security", "accept");
  EXPECT_TRUE(PrintValues(row.type, row.member.in(&service)).empty());
  for (const char* text : {"dns/*@R", "a\\, b@R"})
    ASSERT_TRUE(ParseValue(row.type, row.range, text, row.member.in(&service)));
  EXPECT_EQ(PrintValues(row.type, row.member.in(&service)).size(), 2u);
  const KeyRow& flows = *FindKey(ServiceKeys(), "service", "max-flows");
  EXPECT_EQ(PrintValues(flows.type, flows.member.in(&service)), std::vector<std::string>{"16384"});
  const KeyRow& target = *FindKey(ServiceKeys(), "service", "target");
  EXPECT_TRUE(PrintValues(target.type, target.member.in(&service)).empty());
}

TEST_F(Keys, SuitesAreAnOrderOfNumbers) {
  std::vector<std::uint16_t> suites;
  EXPECT_TRUE(ParseValue(Type::kSuites, {}, "4  2 1", &suites));
  EXPECT_EQ(suites, (std::vector<std::uint16_t>{4, 2, 1}));
  EXPECT_EQ(PrintValue(Type::kSuites, &suites), "4 2 1");
  for (const char* wrong : {"", " ", "0", "6", "2 2", "65537", "2,1", "-1", "two"})
    EXPECT_FALSE(ParseValue(Type::kSuites, {}, wrong, &suites)) << wrong;
  EXPECT_EQ(suites, (std::vector<std::uint16_t>{4, 2, 1})) << "what was wrong changes nothing";
}

}  // namespace
}  // namespace funnel::config
