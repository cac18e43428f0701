#include "common/service/channel/channel_ending.h"

#include <gtest/gtest.h>

namespace funnel::service {
namespace {

TEST(ChannelEndingTest, IsOverWhenTheWireProtocolSaysSo) {
  ChannelEnding ending;
  ending.OnLinkLost({.sctpd_gone = true, .code = {}, .text = "gone"});
  EXPECT_TRUE(ending.link_lost());
  EXPECT_FALSE(ending.over());
  ending.OnEnded(wire::EndCode::kTruncated, "", /*clean=*/false);
  EXPECT_TRUE(ending.over());
  EXPECT_TRUE(ending.end().sctpd_gone);
  EXPECT_EQ(ending.end().text, "gone");
}

TEST(ChannelEndingTest, AnotherAssociationServesOnlyWhereSctpdSaysSo) {
  ChannelEnding moved;
  moved.OnLinkLost({.sctpd_gone = false, .code = ipc::LinkEndCode::kMoved, .text = ""});
  EXPECT_TRUE(moved.end().moved);
  ChannelEnding gone;
  gone.OnLinkLost({.sctpd_gone = true, .code = ipc::LinkEndCode::kMoved, .text = ""});
  EXPECT_FALSE(gone.end().moved);
}

TEST(ChannelEndingTest, WhatThePeerSaidIsEscaped) {
  ChannelEnding ending;
  ending.OnEnded(wire::EndCode::kShutdown, "a\nb", /*clean=*/true);
  EXPECT_EQ(ending.end().text.find('\n'), std::string::npos);
  EXPECT_NE(ending.Text().find(ending.end().text), std::string::npos);
}

TEST(ChannelEndingTest, WhatClosedSaysIsNamedWhereNothingBetterIsKnown) {
  ChannelEnding ending;
  ending.OnClosed(wire::ClosedCode::kAborted);
  ending.OnEnded(wire::EndCode::kTruncated, "", /*clean=*/false);
  EXPECT_NE(ending.Text().find("CLOSED says: " + wire::ClosedText(wire::ClosedCode::kAborted)),
            std::string::npos);
  ChannelEnding clean;
  clean.OnClosed(wire::ClosedCode::kAborted);
  clean.OnEnded(wire::EndCode::kShutdown, "", /*clean=*/true);
  EXPECT_EQ(clean.Text().find("CLOSED"), std::string::npos);
}

}  // namespace
}  // namespace funnel::service
