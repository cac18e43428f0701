#include "common/config/command_line.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

using Words = std::vector<std::string>;

Words SplitLine(std::string_view text) {
  const auto parsed = CommandLine::Parse(text);
  return parsed ? parsed->words : Words{parsed.error().message};
}

TEST(CommandLine, IsSplitAtBlanks) {
  EXPECT_EQ(SplitLine("/usr/bin/rsync --server\t .  "), (Words{"/usr/bin/rsync", "--server", "."}));
  EXPECT_EQ(CommandLine::Parse("/bin/x  y")->written, "/bin/x  y");
}

TEST(CommandLine, QuotesHoldAWordTogether) {
  EXPECT_EQ(SplitLine("/bin/x 'a b' \"c 'd'\" e'f g'h ''"),
            (Words{"/bin/x", "a b", "c 'd'", "ef gh", ""}));
}

TEST(CommandLine, KnowsTheEscapesOfUnits) {
  EXPECT_EQ(SplitLine(R"(/bin/x a\sb \x41\n "\"" \\)"),
            (Words{"/bin/x", "a b", "A\n", "\"", "\\"}));
}

TEST(CommandLine, HasNoSpecifiersAndNoVariables) {
  EXPECT_EQ(SplitLine("/bin/x 5%% $HOME"), (Words{"/bin/x", "5%", "$HOME"}));
  EXPECT_EQ(SplitLine("/bin/x %u"), Words{"% has no meaning here; %% is one of it"});
  EXPECT_EQ(SplitLine("/bin/x %"), Words{"% has no meaning here; %% is one of it"});
}

TEST(CommandLine, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(SplitLine("/bin/x 'open"), Words{"there is no second '"});
  EXPECT_EQ(SplitLine("rsync --server"), Words{"a program's path that begins with / is expected"});
  EXPECT_EQ(SplitLine(""), Words{"a program's path that begins with / is expected"});
  EXPECT_EQ(SplitLine(R"(/bin/x \q)"),
            Words{"behind a backslash another one, a quote, or one of abfnrstvx is expected"});
  EXPECT_EQ(SplitLine("/bin/x \\"),
            Words{"behind a backslash another one, a quote, or one of abfnrstvx is expected"});
  for (const char* text : {R"(/bin/x \x4)", R"(/bin/x \x)", R"(/bin/x \x00)", R"(/bin/x \xzz)"})
    EXPECT_EQ(SplitLine(text), Words{"two hexadecimal digits are expected behind \\x, and not 00"});
}

TEST(CommandLine, HasALimit) {
  std::string text = "/bin/x";
  for (std::size_t i = 0; i < CommandLine::kMaxWords; ++i) text += " y";
  EXPECT_EQ(SplitLine(text), Words{"it has more than 256 words"});
}

}  // namespace
}  // namespace funnel::config
