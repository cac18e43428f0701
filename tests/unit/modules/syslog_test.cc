// What the syslog module says about messages.
#include <gtest/gtest.h>

#include "tests/unit/modules/datagram_under_test.h"

namespace funnel::module {
namespace {

std::string Label(const std::string& text) { return LabelOf(FUNNEL_CLIENT, AsBytes(text)); }
const std::string kNew = "1 2026-11-27T13:00:00Z host app - - - text";
const std::string kOld = "Nov  7 13:00:00 host app: text";

TEST(Syslog, SendsMessagesUntilTheyArrive) {
  const funnel_datagram info = ReadDatagram(FUNNEL_CLIENT, AsBytes("<30>" + kNew));
  EXPECT_EQ(std::string_view(info.label), "info");
  EXPECT_EQ(info.delivery, std::uint32_t{FUNNEL_RELIABLE});
  EXPECT_EQ(info.urgent, 0u);
  EXPECT_EQ(info.resend_key_size, 0u);
}

TEST(Syslog, WhatIsBrokenGoesFirst) {
  for (const auto& [priority, urgent] : {std::pair{"<0>", 1u}, {"<2>", 1u}, {"<3>", 0u}})
    EXPECT_EQ(ReadDatagram(FUNNEL_CLIENT, AsBytes(priority + kOld)).urgent, urgent) << priority;
}

TEST(Syslog, RecognisesBothForms) {
  EXPECT_EQ(Label("<191>" + kNew), "debug");
  EXPECT_EQ(Label("<11>1 - - - - - -"), "error");
  EXPECT_EQ(Label("<34>" + kOld), "critical");
  EXPECT_EQ(Label("<34>Nov 17 13:00:00 host app: text"), "critical");
}

TEST(Syslog, RecognisesNothingElse) {
  for (const std::string priority : {"", "<", "<>", "<192>", "<034>", "<1a>", "<1", "<1234>"})
    EXPECT_EQ(Label(priority + kNew), "") << priority;
  for (const std::string rest : {"", "1", "2 - ", "1 20261127", "Nov", "Nox  7 13:00:00 ", "text"})
    EXPECT_EQ(Label("<34>" + rest), "") << rest;
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, AsBytes("<34>" + kNew)), "");
}

}  // namespace
}  // namespace funnel::module
