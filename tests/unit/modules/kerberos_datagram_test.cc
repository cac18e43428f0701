// What the kerberos module says about messages over UDP.
#include <gtest/gtest.h>

#include "tests/unit/modules/datagram_under_test.h"

namespace funnel::module {
namespace {

// A message with TAG whose pvno has PVNO_TAG, and a little behind it.
Bytes Make(std::uint8_t tag, std::uint8_t pvno_tag) {
  return {tag, 10, 0x30, 8, pvno_tag, 3, 2, 1, 5, 0xA2, 1, 0};
}

TEST(KerberosDatagram, RecognisesMessagesWithoutALength) {
  EXPECT_TRUE(IsRecognisedOnlyWhole(FUNNEL_CLIENT, Make(0x6A, 0xA1)));
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, Make(0x6A, 0xA1)), "AS request");
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, Make(0x6B, 0xA0)), "AS reply");
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, Make(0x7E, 0xA0)), "error");
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, Make(0x6A, 0xA1)), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, Make(0x6A, 0xA0)), "");
}

TEST(KerberosDatagram, RecognisesChangesOfPasswords) {
  const Bytes change{0, 12, 0, 1, 0, 3, 1, 2, 3, 4, 5, 6};
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, change), "password change");
  EXPECT_EQ(KeyOf(FUNNEL_CLIENT, change), "");
}

TEST(KerberosDatagram, LeavesTimesToTheService) {
  EXPECT_EQ(ReadDatagram(FUNNEL_CLIENT, Make(0x6C, 0xA1)).delivery,
            std::uint32_t{FUNNEL_AS_CONFIGURED});
}

}  // namespace
}  // namespace funnel::module
