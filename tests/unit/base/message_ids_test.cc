#include "common/base/message_ids.h"

#include <gtest/gtest.h>

namespace funnel {
namespace {

TEST(MessageIds, AreFoundByTheirEvent) {
  for (const MessageId& row : MessageIds()) {
    EXPECT_EQ(FindMessageId(row.event), row.id);
    EXPECT_EQ(row.id.size(), 32u) << row.event;
  }
}

TEST(MessageIds, AreNotInventedForOtherEvents) {
  EXPECT_EQ(FindMessageId("channel"), "");
  EXPECT_EQ(FindMessageId(""), "");
}

}  // namespace
}  // namespace funnel
