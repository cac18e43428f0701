#include "common/config/read/ini_reader.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

// "LINE: TEXT" of the only mistake; if there is not exactly one, their number.
std::string OnlyMistake(const IniFile& file) {
  if (file.mistakes.size() != 1) return std::to_string(file.mistakes.size()) + " mistakes";
  return std::to_string(file.mistakes[0].line) + ": " + file.mistakes[0].text;
}

std::string ValueOf(const IniFile& file, std::string_view key) {
  for (const IniEntry& entry : file.entries) {
    if (entry.key == key) return entry.value;
  }
  return "(absent)";
}

TEST(IniReader, GivesEntriesTheirLines) {
  IniFile file = ParseIni(
      "f",
      "; comment\n\n[service]\nprotocol = udp\n# another\npeer=hoster\n[listen]\na = 1\na = 2\n");
  ASSERT_TRUE(file.mistakes.empty()) << file.mistakes[0].Print();
  ASSERT_EQ(file.sections.size(), 2u);
  EXPECT_EQ(file.sections[1].name, "listen");
  EXPECT_EQ(file.sections[1].line, 7);
  ASSERT_EQ(file.entries.size(), 4u);
  EXPECT_EQ(file.entries[0].line, 4);
  EXPECT_EQ(file.entries[1].value, "hoster");
  EXPECT_EQ(file.entries[1].line, 6);
  EXPECT_EQ(file.entries[3].section, "listen");
  EXPECT_EQ(file.entries[3].value, "2");
  EXPECT_EQ(file.entries[3].line, 9);
}

TEST(IniReader, CommentsBeginBehindABlank) {
  IniFile file = ParseIni("f", "[s]\na = x ; y\nb = x;y\nc = x\t;y\nd = x # y\n[t] ; z\ne = 1");
  ASSERT_TRUE(file.mistakes.empty()) << file.mistakes[0].Print();
  EXPECT_EQ(ValueOf(file, "a"), "x");
  EXPECT_EQ(ValueOf(file, "b"), "x;y");
  EXPECT_EQ(ValueOf(file, "c"), "x");
  EXPECT_EQ(ValueOf(file, "d"), "x # y");
  EXPECT_EQ(ValueOf(file, "e"), "1") << "the last line needs no newline";
}

TEST(IniReader, KeepsColonsAndEqualsSignsOfValues) {
  IniFile file = ParseIni("f", "[s]\naddress = [::1]:53\nb = x=y\nc = unix:/run/x.sock\n");
  EXPECT_EQ(ValueOf(file, "address"), "[::1]:53");
  EXPECT_EQ(ValueOf(file, "b"), "x=y");
  EXPECT_EQ(ValueOf(file, "c"), "unix:/run/x.sock");
}

TEST(IniReader, ReadsLongValuesWhole) {
  std::string value(kMaxLineLength - 4, 'v');
  IniFile file = ParseIni("f", "[s]\nk = " + value + "    ; " + std::string(500, 'c') + "\n; " +
                                   std::string(9000, 'x'));
  ASSERT_TRUE(file.mistakes.empty()) << file.mistakes[0].Print();
  EXPECT_EQ(ValueOf(file, "k"), value);
}

TEST(IniReader, RefusesOverlongLines) {
  IniFile file = ParseIni("f", "[s]\na = 1\nk = " + std::string(kMaxLineLength - 3, 'v') + "\n");
  EXPECT_EQ(OnlyMistake(file), "3: the line is longer than 198 bytes");
}

TEST(IniReader, RefusesIndentedLines) {
  IniFile file = ParseIni("f", "[s]\nport = 53\n  timeout = 5\n");
  EXPECT_EQ(OnlyMistake(file), "3: the line is indented (it would continue the value above it)");
  EXPECT_EQ(file.entries.size(), 1u) << "it is no second value of port";
}

TEST(IniReader, BlankLinesOfBlanksAreNothing) {
  EXPECT_TRUE(ParseIni("f", "[s]\na = 1\n   \n\t\nb = 2\n").mistakes.empty());
  EXPECT_TRUE(ParseIni("f", "[s]\r\na = 1\r\n\r\n").mistakes.empty());
}

TEST(IniReader, ReportsEmptySections) {
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\n[t]\na = 1\n")), "1: section [s] is empty");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\na = 1\n[t]\n; nothing")), "3: section [t] is empty");
}

TEST(IniReader, ReportsRepeatedSections) {
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\na = 1\n[t]\nb = 1\n[s]\nc = 1\n")),
            "5: section [s] again (first at line 1)");
}

TEST(IniReader, ReportsNulBytesAndControlCharacters) {
  EXPECT_EQ(OnlyMistake(ParseIni("f", std::string("[s]\na = 1\nb = x\0y\n", 18))), "3: NUL byte");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\na = 1\nb = \x1b[31m\n")), "3: control character");
}

TEST(IniReader, ReportsLinesThatAreNothing) {
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\na = 1\nhello\n")),
            "3: `key = value` is expected, not hello");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\na = 1\nport: 53\n")),
            "3: `key = value` is expected, not port: 53");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\na = 1\nPort = 53\n")),
            "3: `key = value` is expected, not Port = 53");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\na =\n")), "2: a: the value is missing");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s]\na = ; c\n")), "2: a: the value is missing");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "a = 1\n[s]\nb = 1\n")), "1: a: stands before any [section]");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "[s\na = 1\n")), "1: [section] is expected, not [s");
  EXPECT_EQ(OnlyMistake(ParseIni("f", "\xef\xbb\xbf[s]\na = 1\n")),
            "1: a byte order mark stands before the first line: save the file as UTF-8 without it");
}

TEST(IniReader, GoesOnAfterMistakes) {
  IniFile file = ParseIni("f", "x\n[s]\ny\n  z\na = 1\n");
  EXPECT_EQ(file.mistakes.size(), 3u);
  EXPECT_EQ(ValueOf(file, "a"), "1");
}

TEST(IniReader, ReportsWhyAFileCannotBeRead) {
  EXPECT_EQ(OnlyMistake(ReadIni("/nonexistent/x.ini")),
            "0: cannot be read: No such file or directory");
  EXPECT_EQ(OnlyMistake(ReadIni("/dev/null")), "0: is not a regular file");
}

}  // namespace
}  // namespace funnel::config
