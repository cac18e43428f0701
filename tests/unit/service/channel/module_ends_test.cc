#include "common/service/channel/module_ends.h"

#include <gtest/gtest.h>

#include "common/service/counters.h"
#include "modules/module.h"

namespace funnel::service {
namespace {

using config::Protocol;
const EndModule kNone, kDns{1, "dns"}, kLdap{1, "ldap"}, kNewer{2, "dns"}, kLost{0, "dns"},
    kOnPurpose{0, "none"};

std::string Tcp(const EndModule& ours, const EndModule& theirs) {
  return CostOfModules(ours, theirs, Protocol::kTcp);
}
std::string Udp(const EndModule& ours, const EndModule& theirs) {
  return CostOfModules(ours, theirs, Protocol::kUdp);
}

TEST(CostOfModules, NothingWhereBothAreTheSame) {
  for (const auto cost : {Tcp, Udp}) {
    EXPECT_EQ(cost(kNone, kNone), "");
    EXPECT_EQ(cost(kDns, kDns), "");
    EXPECT_EQ(cost(kDns, kNewer), "") << "each half may be used by itself";
    EXPECT_EQ(cost(kLost, kNone), "") << "that it was not loaded is logged where it was not";
  }
}

TEST(CostOfModules, TheEndWithoutSendsInOrder) {
  EXPECT_EQ(Tcp(kDns, kNone),
            "this end has module dns, the other end has no module: what the other end sends stays "
            "in order, and overtakes nothing");
  EXPECT_EQ(Tcp(kNone, kDns),
            "this end has no module, the other end has module dns: what this end sends stays in "
            "order, and overtakes nothing");
  EXPECT_EQ(Tcp(kDns, kLost),
            "this end has module dns, the other end has module dns that is not loaded: what the "
            "other end sends stays in order, and overtakes nothing");
}

TEST(CostOfModules, OfDatagramsOneEndMayDoWithout) {
  EXPECT_EQ(Udp(kDns, kNone), "");
  EXPECT_EQ(Udp(kNone, kDns), "");
  EXPECT_EQ(Udp(kLost, kDns),
            "this end has module dns that is not loaded, the other end has module dns: what this "
            "end sends goes as without a module");
}

TEST(CostOfModules, AnEndMayDoWithoutOnPurpose) {
  for (const auto cost : {Tcp, Udp}) {
    EXPECT_EQ(cost(kDns, kOnPurpose), "");
    EXPECT_EQ(cost(kOnPurpose, kDns), "");
    EXPECT_EQ(cost(kOnPurpose, kNone), "");
    EXPECT_EQ(cost(kOnPurpose, kOnPurpose), "");
    EXPECT_NE(cost(EndModule{1, "none"}, kDns), "") << "one that is loaded is one";
  }
}

TEST(CostOfModules, OneOfTwoModulesIsWrong) {
  for (const auto cost : {Tcp, Udp})
    EXPECT_EQ(cost(kDns, kLdap),
              "this end has module dns, the other end has module ldap: one of them does not know "
              "the protocol that is carried, and changes nothing");
}

struct ModuleEndsTest : testing::Test {
  [[nodiscard]] ModuleEnds Make(const std::string& loaded) {
    return {service, loaded, identity, counters};
  }

  config::ServiceConfig service{.protocol = Protocol::kTcp, .module = "dns"};
  const ChannelIdentity identity{.peer = "hoster", .remote_principal = "dns/far@R"};
  metrics::CounterFile counters = metrics::CounterFile::InMemory(kCommonTable);
};

TEST_F(ModuleEndsTest, SaysWhatIsLoadedOrWhatShouldBe) {
  const ModuleEnds loaded = Make("dns"), lost = Make("");
  EXPECT_EQ(loaded.Ours().abi, std::uint64_t{FUNNEL_MODULE_ABI});
  EXPECT_EQ(loaded.Ours().name, "dns");
  EXPECT_EQ(lost.Ours().abi, 0u);
  EXPECT_EQ(lost.Ours().name, "dns");
  service.module.clear();
  const ModuleEnds none = Make("");
  EXPECT_EQ(none.Ours().abi, 0u);
  EXPECT_EQ(none.Ours().name, "");
  service.module = "none";
  const ModuleEnds on_purpose = Make("");
  EXPECT_EQ(on_purpose.Ours().abi, 0u);
  EXPECT_EQ(on_purpose.Ours().name, "none");
}

TEST_F(ModuleEndsTest, CountsTheChannelWhileItLivesAndTakesOneAnswerOnly) {
  {
    ModuleEnds ends = Make("dns");
    EXPECT_FALSE(ends.theirs());
    EXPECT_TRUE(ends.OnTheirs({0, ""}));
    EXPECT_EQ(ends.theirs(), kNone);
    EXPECT_FALSE(ends.cost().empty());
    EXPECT_EQ(counters[kChannelsModulesDiffer].value(), 1u);
    EXPECT_FALSE(ends.OnTheirs({1, "dns"}));
    EXPECT_EQ(ends.theirs(), kNone);
  }
  EXPECT_EQ(counters[kChannelsModulesDiffer].value(), 0u);
}

TEST_F(ModuleEndsTest, TheSameModuleIsNotCounted) {
  ModuleEnds ends = Make("dns");
  EXPECT_TRUE(ends.OnTheirs({1, "dns"}));
  EXPECT_EQ(ends.cost(), "");
  EXPECT_EQ(counters[kChannelsModulesDiffer].value(), 0u);
}

}  // namespace
}  // namespace funnel::service
