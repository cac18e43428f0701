#include "common/base/mdoc.h"

#include <gtest/gtest.h>

#include <sstream>

namespace funnel {
namespace {

TEST(MdocText, BeginsEverySentenceOnALineOfItsOwn) {
  EXPECT_EQ(MdocText("One. Two, three. Four"), "One.\nTwo, three.\nFour\n");
}

TEST(MdocText, KeepsLinesShort) {
  std::string words;
  for (int i = 0; i < 100; ++i) words += "word ";
  std::istringstream lines(MdocText(words));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 80u);
  EXPECT_GT(count, 5);
}

TEST(MdocText, HidesWhatMdocWouldTakeForARequest) {
  EXPECT_EQ(MdocText(".ini and 'x'"), "\\&.ini and 'x'\n");
  EXPECT_EQ(MdocText("It ends. .ini"), "It ends.\n\\&.ini\n");
  EXPECT_EQ(MdocText("a\\b \"c\""), "a\\eb \\(dqc\\(dq\n");
}

TEST(MdocText, MakesBackquotedWordsBold) {
  EXPECT_EQ(MdocText("see `node` and `x`."), "see \\fBnode\\fR and \\fBx\\fR.\n");
}

TEST(MdocArgument, QuotesBlanks) {
  EXPECT_EQ(MdocArgument("word"), "word");
  EXPECT_EQ(MdocArgument("[A B]"), "\"[A B]\"");
}

}  // namespace
}  // namespace funnel
