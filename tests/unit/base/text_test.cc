#include "common/base/text.h"

#include <gtest/gtest.h>

namespace funnel {
namespace {

TEST(EscapeForLog, LeavesPlainTextAndEscapesTheRest) {
  EXPECT_EQ(EscapeForLog("dns/a.example@X"), "dns/a.example@X");
  EXPECT_EQ(EscapeForLog("a\nb\x1b[31m\\"), "a\\x0ab\\x1b[31m\\x5c");
  EXPECT_EQ(EscapeForLog("\xc3\xa4"), "\\xc3\\xa4");
}

TEST(EscapeForLog, CutsLongText) {
  EXPECT_EQ(EscapeForLog(std::string(300, 'x'), 10), "xxxxxxxxxx...");
}

TEST(Hex, RoundTrips) {
  const Bytes raw{0, 1, 0x7f, 0x80, 0xff};
  EXPECT_EQ(HexEncode(raw), "00017f80ff");
  EXPECT_EQ(HexDecode("00017F80ff"), raw);
}

TEST(Hex, RejectsOddLengthAndOtherCharacters) {
  EXPECT_EQ(HexDecode("abc"), std::nullopt);
  EXPECT_EQ(HexDecode("0g"), std::nullopt);
}

TEST(JsonEscape, EscapesQuotesControlsAndForeignBytes) {
  EXPECT_EQ(JsonEscape("a\"b\\c\n\xff"), "a\\u0022b\\u005cc\\u000a\\u00ff");
}

}  // namespace
}  // namespace funnel
