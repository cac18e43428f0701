// The two forms of a line of a trace.
#include "common/trace/trace_event.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace funnel::trace {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr TraceTime kWhen{microseconds(1795230001'000042)};

class TraceEventTest : public testing::Test {
 protected:
  TraceEventTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TraceEvent Message() {
  return {.kind = TraceEvent::Kind::kRecord,
          .of = "ldap/2",
          .outgoing = true,
          .what = "MESSAGE",
          .fields = {{"session", std::uint64_t{3}},
                     {"size", ByteCount{45}},
                     {"order", "free"},
                     {"more", false},
                     {"fin", true}}};
}

TEST_F(TraceEventTest, BothFormsHaveTheSameFields) {
  EXPECT_EQ(RenderTraceEvent(Message(), kWhen, TraceForm::kText),
            "03:00:01.000042 ldap/2 ->   MESSAGE session=3 size=45 order=free fin\n");
  EXPECT_EQ(RenderTraceEvent(Message(), kWhen, TraceForm::kJson),
            "{\"time\":1795230001.000042,\"kind\":\"record\",\"channel\":\"ldap/2\","
            "\"direction\":\"out\",\"what\":\"MESSAGE\",\"session\":3,\"size_bytes\":45,"
            "\"order\":\"free\",\"more\":false,\"fin\":true}\n");
}

TEST_F(TraceEventTest, LabelsOfMessagesStandByThemselves) {
  const TraceEvent label{.kind = TraceEvent::Kind::kLabel,
                         .of = "ldap/2",
                         .outgoing = true,
                         .what = "LABEL",
                         .fields = {{"number", std::uint64_t{4}}, {"label", "search request 5"}}};
  EXPECT_EQ(RenderTraceEvent(label, kWhen, TraceForm::kText),
            "03:00:01.000042 ldap/2 ->   LABEL number=4 label=search request 5\n");
  EXPECT_EQ(RenderTraceEvent(label, kWhen, TraceForm::kJson),
            "{\"time\":1795230001.000042,\"kind\":\"label\",\"channel\":\"ldap/2\","
            "\"direction\":\"out\",\"what\":\"LABEL\",\"number\":4,"
            "\"label\":\"search request 5\"}\n");
}

TEST_F(TraceEventTest, UnitsAndCodesAreNamed) {
  const TraceEvent event{
      .of = "dns/1",
      .what = "SEALED",
      .fields = {{"lifetime", milliseconds(5000)}, {"code", wire::EndCode::kShutdown}},
      .dropped = "replay"};
  const std::string code = std::to_string(static_cast<int>(wire::EndCode::kShutdown));
  const std::string meaning(wire::EndCodeText(wire::EndCode::kShutdown));
  EXPECT_EQ(RenderTraceEvent(event, kWhen, TraceForm::kText),
            "03:00:01.000042 dns/1 <- SEALED lifetime=5000ms code=" + code + " (" + meaning +
                ") dropped: replay\n");
  EXPECT_EQ(RenderTraceEvent(event, kWhen, TraceForm::kJson),
            "{\"time\":1795230001.000042,\"kind\":\"frame\",\"channel\":\"dns/1\","
            "\"direction\":\"in\",\"what\":\"SEALED\",\"lifetime_ms\":5000,\"code\":" +
                code + ",\"code_text\":\"" + meaning + "\",\"dropped\":\"replay\"}\n");
}

TEST_F(TraceEventTest, WhatAPeerWroteStaysOnItsLine) {
  const TraceEvent event{
      .of = "dns/1", .what = "OPEN_SESSION", .fields = {{"client", "\x1b[2J\n\"\xff"}}};
  EXPECT_EQ(RenderTraceEvent(event, kWhen, TraceForm::kText),
            "03:00:01.000042 dns/1 <- OPEN_SESSION client=\\x1b[2J\\x0a\"\\xff\n");
  const std::string json = RenderTraceEvent(event, kWhen, TraceForm::kJson);
  EXPECT_NE(json.find("\"client\":\"\\u001b[2J\\u000a\\u0022\\u00ff\"}\n"), std::string::npos)
      << json;
}

TEST_F(TraceEventTest, LossesAreReported) {
  EXPECT_EQ(RenderTraceLoss(7, kWhen, TraceForm::kText),
            "-- 7 lines lost here: this reader is too slow\n");
  EXPECT_EQ(RenderTraceLoss(7, kWhen, TraceForm::kJson),
            "{\"time\":1795230001.000042,\"kind\":\"lost\",\"lines\":7}\n");
}

}  // namespace
}  // namespace funnel::trace
