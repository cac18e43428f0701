// Whether the http2 module's verdicts keep HTTP/2's own rules (http2_model.h).
#include "tests/unit/modules/http2_model.h"

#include <gtest/gtest.h>

#include <string_view>

namespace funnel::module::http2 {
namespace {

TEST(Http2Model, KeepsTheRulesOfHttp2) { EXPECT_FALSE(BreaksRulesWithSomeSeed(alter::Nothing)); }

TEST(Http2Model, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(BreaksRulesWithSomeSeed(alter::NoKeys));
  EXPECT_TRUE(BreaksRulesWithSomeSeed(alter::NoBarriers));
  EXPECT_TRUE(BreaksRulesWithSomeSeed(alter::NoAfterAll));
  EXPECT_TRUE(BreaksRulesWithSomeSeed(alter::AllShared));
  for (const std::uint32_t space : {1, 2})
    EXPECT_TRUE(BreaksRulesWithSomeSeed(alter::Without(space))) << space;
}

// A client opens one stream too many for the server; nothing else is wrong.
TEST(Http2Model, NoticesAnOpeningThatPassesEnds) {
  EXPECT_TRUE(BreaksRulesWithSomeSeed([](funnel_verdict& verdict) {
    if (verdict.label == std::string_view("headers")) alter::NoAfterAll(verdict);
  }));
}

TEST(Http2Model, NoticesEachFrameThatOvertakes) {
  for (const std::string_view label :
       {"data", "headers", "rst_stream", "settings", "settings ack", "goaway", "ping", "ping ack",
        "extension", "push_promise", "window_update"}) {
    EXPECT_TRUE(BreaksRulesWithSomeSeed([label](funnel_verdict& verdict) {
      if (verdict.label != label) return;
      verdict.order = FUNNEL_BY_KEYS;
      verdict.key_count = 0;
    })) << label;
  }
}

TEST(Http2Model, NoticesABlockThatPassesAChangeOfTheTablesSize) {
  EXPECT_TRUE(BreaksRulesWithSomeSeed([](funnel_verdict& verdict) {
    if (verdict.label == std::string_view("headers") && verdict.order == FUNNEL_BARRIER)
      verdict.order = FUNNEL_BY_KEYS;
  }));
}

}  // namespace
}  // namespace funnel::module::http2
