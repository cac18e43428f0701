#include "common/seal/md5.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace funnel::seal {
namespace {

// RFC 1321, appendix A.5.
TEST(Md5Test, HashesPartsOneBehindTheOther) {
  EXPECT_EQ(HexEncode(Md5({})), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(HexEncode(Md5({AsBytes("abc")})), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Md5({AsBytes("a"), {}, AsBytes("bc")}), Md5({AsBytes("abc")}));
}

// RFC 2202, section 2.
TEST(Md5Test, SignsWithKeysOfAnyLength) {
  EXPECT_EQ(HexEncode(HmacMd5(AsBytes("Jefe"), AsBytes("what do ya want for nothing?"))),
            "750c783e6ab0b503eaa86e310a5db738");
  const Bytes longer(80, 0xaa);
  EXPECT_EQ(
      HexEncode(HmacMd5(longer, AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
      "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
}

}  // namespace
}  // namespace funnel::seal
