// Each script is a test with the script's name.
#include "tests/sctp/script/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

namespace sctp::testing {
namespace {

// Including those that are out of scope.
std::vector<Script> AllScripts() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(SCTP_SCRIPTS))
    if (entry.path().extension() == ".script") paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<Script> all;
  for (const std::string& path : paths) {
    const auto scripts = ReadScripts(path);
    if (!scripts) {
      ADD_FAILURE() << scripts.error().message;
      continue;
    }
    all.insert(all.end(), scripts->begin(), scripts->end());
  }
  return all;
}

std::vector<Script> ScriptsInScope() {
  std::vector<Script> scripts = AllScripts();
  std::erase_if(scripts, [](const Script& script) { return !script.out_of_scope.empty(); });
  return scripts;
}

// ETSI TS 102 369 V1.1.1, section 5.
TEST(ScriptsTest, EachTestPurposeIsThereOnce) {
  const std::map<std::string, int> purposes = {
      {"a.script", 3},    {"as.script", 33}, {"at.script", 16}, {"bdc.script", 8},
      {"d.script", 15},   {"dm.script", 15}, {"e.script", 6},   {"fh.script", 8},
      {"imh.script", 10}, {"m.script", 4},   {"rt.script", 3}};
  std::map<std::string, int> found;
  std::set<std::string> names;
  for (const Script& script : AllScripts()) {
    ++found[script.file];
    EXPECT_TRUE(names.insert(script.name).second) << script.name;
    EXPECT_NE(script.out_of_scope.empty(), script.statements.empty()) << script.name;
  }
  EXPECT_EQ(found, purposes);
}

// Wrong, late, missing and additional answers are all noticed.
TEST(ScriptsTest, WhatIsNotSoFails) {
  const auto run = [](const std::vector<std::vector<std::string>>& lines) {
    Script script{"made-up", "MADE_UP", {}, {}, {}};
    for (const auto& words : lines)
      script.statements.push_back({static_cast<int>(script.statements.size()) + 1, words});
    const auto done = RunScript(script);
    return done ? std::string("holds") : done.error().message;
  };

  EXPECT_EQ(run({{"<", "INIT"}, {">", "INIT_ACK"}}), "holds");
  EXPECT_THAT(run({{"<", "INIT"}, {">", "COOKIE_ACK"}}), ::testing::HasSubstr("made-up:2: came"));
  EXPECT_THAT(run({{"<", "INIT"}, {">", "INIT_ACK", "out=9"}}), ::testing::HasSubstr("not out=9"));
  EXPECT_THAT(run({{"<", "INIT"}, {">", "INIT_ACK", "|", "after=1"}}),
              ::testing::HasSubstr("came after 0"));
  EXPECT_THAT(run({{"<", "INIT", "tag=0"}, {">", "INIT_ACK"}}),
              ::testing::HasSubstr("nothing came"));
  EXPECT_THAT(run({{"<", "INIT"}}), ::testing::HasSubstr("came besides"));
  EXPECT_THAT(run({{"<", "INIT"}, {">", "nothing", "for", "1"}}), ::testing::HasSubstr("came"));
  EXPECT_THAT(run({{"expect", "up"}}), ::testing::HasSubstr("nothing was reported"));
  EXPECT_THAT(run({{"<", "INIT", "colour=red"}}), ::testing::HasSubstr("no field 'colour'"));
  EXPECT_THAT(run({{"set", "colour", "red"}}), ::testing::HasSubstr("no setting"));
  EXPECT_THAT(run({{"dance"}}), ::testing::HasSubstr("is no statement"));
}

class ScriptTest : public ::testing::TestWithParam<Script> {};

TEST_P(ScriptTest, Holds) {
  ASSERT_FALSE(GetParam().statements.empty());
  const auto done = RunScript(GetParam());
  EXPECT_TRUE(done) << GetParam().name << " (" << GetParam().title
                    << "): " << (done ? "" : done.error().message);
}

std::string NameOf(const ::testing::TestParamInfo<Script>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Etsi, ScriptTest, ::testing::ValuesIn(ScriptsInScope()), NameOf);

}  // namespace
}  // namespace sctp::testing
