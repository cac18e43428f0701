#include "common/base/options.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace funnel {
namespace {

constexpr Usage kEdge{.program = "funnel-udpd",
                      .arguments = "SERVICE",
                      .description = "Test.",
                      .min_arguments = 1,
                      .max_arguments = 1};

Result<Options> Parse(std::vector<const char*> words, const Usage& usage = kEdge) {
  words.insert(words.begin(), "program");
  return ParseOptions(usage, static_cast<int>(words.size()), words.data());
}

TEST(Options, HaveDefaults) {
  auto options = Parse({"dns"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->config_dir, "/etc/funnel");
  EXPECT_EQ(options->RunPath("authd.sock"), "/run/funnel/authd.sock");
  EXPECT_FALSE(options->log_level);
  EXPECT_EQ(options->arguments, std::vector<std::string>{"dns"});
}

TEST(Options, TakeValuesBothWays) {
  auto options = Parse({"--config", "/c", "dns", "--run=/r/", "--state=/s", "--log-level", "debug",
                        "--defaults=/d"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->config_dir, "/c");
  EXPECT_EQ(options->run_dir, "/r");
  EXPECT_EQ(options->state_dir, "/s");
  EXPECT_EQ(options->defaults_dir, "/d");
  EXPECT_EQ(options->log_level, LogLevel::kDebug);
}

TEST(Options, RefuseMistakes) {
  EXPECT_EQ(Parse({}).error().message, "missing argument: SERVICE");
  EXPECT_EQ(Parse({"a", "b"}).error().message, "unexpected argument b");
  EXPECT_EQ(Parse({"--what", "dns"}).error().message, "unknown option --what");
  EXPECT_EQ(Parse({"dns", "--config"}).error().message, "--config needs a value");
  EXPECT_EQ(Parse({"dns", "--config="}).error().message, "--config: a folder is expected");
  EXPECT_FALSE(Parse({"dns", "--log-level=loud"}));
  EXPECT_FALSE(Parse({"dns", "--json"})) << "only where the program takes it";
}

TEST(Options, EndAtTwoDashes) {
  auto options = Parse({"--", "--config"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->arguments, std::vector<std::string>{"--config"});
}

TEST(Options, HelpNeedsNoArguments) {
  EXPECT_TRUE(Parse({"--help"})->help);
  EXPECT_TRUE(Parse({"--version"})->version);
}

constexpr OwnOption kPingOptions[] = {{"--count", "-c", "N", "how many"},
                                      {"--quiet", "", "", "no lines"}};
constexpr Usage kPing{.program = "funnelctl",
                      .arguments = "ping SERVICE",
                      .description = "Test.",
                      .min_arguments = 2,
                      .max_arguments = 2,
                      .options = kPingOptions,
                      .epilogue = "Exit status: 0."};

TEST(Options, TakeThoseOfOneProgram) {
  auto options = Parse({"ping", "-c", "3", "dns", "--quiet"}, kPing);
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->Value("--count"), "3");
  EXPECT_TRUE(options->Has("--quiet"));
  EXPECT_EQ(Parse({"ping", "dns", "--count=4"}, kPing)->Value("--count"), "4");
  EXPECT_FALSE(Parse({"ping", "dns"}, kPing)->Value("--count"));
  EXPECT_EQ(Parse({"ping", "dns", "--quiet=1"}, kPing).error().message, "--quiet takes no value");
  EXPECT_EQ(Parse({"ping", "dns", "-c"}, kPing).error().message, "-c needs a value");
  EXPECT_FALSE(Parse({"dns", "--count=4"}));
}

TEST(Options, FirstArgumentIsBehindSharedOptions) {
  auto first = [](std::vector<const char*> words) {
    words.insert(words.begin(), "program");
    const char* found = FirstArgument(static_cast<int>(words.size()), words.data());
    return std::string(found == nullptr ? "(none)" : found);
  };
  EXPECT_EQ(first({"--config", "/c", "--run=/r", "--json", "ping", "dns"}), "ping");
  EXPECT_EQ(first({"--", "ping"}), "ping");
  EXPECT_EQ(first({"--help"}), "(none)");
  EXPECT_EQ(first({"--"}), "(none)");
}

TEST(Options, HelpNamesEveryOption) {
  std::string ping = HelpText(kPing);
  EXPECT_NE(ping.find("-c, --count N       how many"), std::string::npos) << ping;
  EXPECT_TRUE(ping.ends_with("\nExit status: 0.\n")) << ping;
  std::string help = HelpText(kEdge);
  for (const char* name :
       {"--config", "--defaults", "--run", "--state", "--log-level", "--help", "--version"}) {
    EXPECT_NE(help.find(name), std::string::npos) << name;
  }
}

TEST(Options, MakeFoldersAbsolute) {
  const std::string here = std::filesystem::current_path();
  auto options = Parse({"dns", "--config", "./new", "--run=run/"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->config_dir, here + "/new");
  EXPECT_EQ(options->run_dir, here + "/run");
  constexpr OwnOption kRoot[] = {{"--root", "", "DIR", "a tree"}};
  options = Parse({"dns", "--root", "/image", "--config=etc/funnel"},
                  {.program = "x", .max_arguments = 1, .options = kRoot});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->config_dir, "/etc/funnel") << "in that tree";
}

TEST(FirstArgument, IsNoOptionsValue) {
  const char* const words[] = {"funnelctl", "--config", "/c", "-c", "3", "--json", "ping", "dns"};
  EXPECT_STREQ(FirstArgument(8, words, kPingOptions), "ping");
  EXPECT_STREQ(FirstArgument(8, words), "3") << "whose option is not known";
}

}  // namespace
}  // namespace funnel
