#include "funnel-sctpd/engine/kernel/abort_reason.h"

#include <gtest/gtest.h>

namespace funnel::sctp {
namespace {

TEST(UserInitiatedReasonTest, IsTheTextOfThatCause) {
  const Bytes causes = {0, 12, 0, 7, 'b', 'y', 'e', 0};
  EXPECT_EQ(UserInitiatedReason(causes), "bye");
}

TEST(UserInitiatedReasonTest, EndsWhereTheChunkEnds) {
  const Bytes causes = {0, 12, 0, 200, 'b', 'y', 'e'};
  EXPECT_EQ(UserInitiatedReason(causes), "bye");
}

TEST(UserInitiatedReasonTest, IsEmptyForOtherAndMalformedCauses) {
  EXPECT_EQ(UserInitiatedReason({}), "");
  EXPECT_EQ(UserInitiatedReason(Bytes{0, 12, 0}), "");
  EXPECT_EQ(UserInitiatedReason(Bytes{0, 12, 0, 3, 'x'}), "");
  EXPECT_EQ(UserInitiatedReason(Bytes{0, 13, 0, 7, 'b', 'y', 'e', 0}), "");
}

}  // namespace
}  // namespace funnel::sctp
