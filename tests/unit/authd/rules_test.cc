#include "funnel-authd/rules.h"

#include <gtest/gtest.h>

#include "common/seal/key_shares.h"
#include "funnel-authd/claims.h"
#include "funnel-authd/contexts.h"
#include "funnel-authd/failures.h"
#include "funnel-authd/suites.h"

namespace funnel::authd {
namespace {

using namespace std::chrono_literals;

config::Principal P(const std::string& text) { return config::Principal::Parse(text).value(); }

// dns has [listen], ldap has [connect], mail has [relay].
config::Configuration MakeConfiguration() {
  config::Configuration config;
  config.node.name = "here.test";
  config::ServiceConfig dns, ldap, mail;

  dns.name = *ServiceName::Parse("dns");
  dns.role = config::Role::kListen;
  dns.wire_name = "resolver";
  dns.target = "there.test";
  dns.identity = P("dns/here@R");
  dns.expect = P("dns/there@R");

  ldap.name = *ServiceName::Parse("ldap");
  ldap.role = config::Role::kConnect;
  ldap.wire_name = "directory";
  ldap.peer = "branch";
  ldap.identity = P("ldap/here@R");
  ldap.accept = {config::PrincipalPattern::Parse("ldap/*@R").value()};

  mail.name = *ServiceName::Parse("mail");
  mail.role = config::Role::kRelay;
  mail.wire_name = "mail";

  config.services = {dns, ldap, mail};

  config::PeerConfig peer;
  peer.name = "branch";
  peer.node = "branch.test";
  peer.principal = P("funnel/branch@R");
  peer.identity = P("funnel/here@R");
  config.peers = {peer};
  return config;
}

class RulesTest : public testing::Test {
 protected:
  static ServiceName S(const std::string& name) { return *ServiceName::Parse(name); }
  wire::OpenBody OpenFor(const std::string& service) {
    wire::OpenBody open;
    open.service = service;
    open.target = "here.test";
    return open;
  }
  config::Configuration config_ = MakeConfiguration();
};

TEST_F(RulesTest, TakesAllOfAnInitiatorsHandshakeFromConfiguration) {
  const auto rule = RuleForInitiate(config_, S("dns")).value();
  EXPECT_EQ(rule.identity, "dns/here@R");
  EXPECT_EQ(rule.expect, "dns/there@R");
  EXPECT_EQ(rule.wire_name, "resolver");
  EXPECT_EQ(rule.target, "there.test");
}

TEST_F(RulesTest, LetsNobodyInitiateWhatIsNotListenedFor) {
  EXPECT_FALSE(RuleForInitiate(config_, S("ldap")));
  EXPECT_FALSE(RuleForInitiate(config_, S("mail")));
  EXPECT_FALSE(RuleForInitiate(config_, S("none")));
}

TEST_F(RulesTest, FindsAServiceByItsWireName) {
  auto service = ServiceForOpen(config_, OpenFor("directory"), "branch");
  ASSERT_TRUE(service);
  EXPECT_EQ((*service)->name, S("ldap"));
  EXPECT_EQ(ServiceForOpen(config_, OpenFor("ldap"), "branch").error().code,
            wire::RefusalCode::kNoRoute);
  EXPECT_EQ(ServiceForOpen(config_, OpenFor("resolver"), "branch").error().code,
            wire::RefusalCode::kNoRoute);
}

TEST_F(RulesTest, NamesOfNodesAreComparedAsDnsDoes) {
  config_.node.name = "NS.here.test.";
  config_.peers[0].node = "Branch.TEST";
  auto open = OpenFor("directory");
  open.target = "ns.HERE.test";
  EXPECT_TRUE(CheckOpen(config_, open, {1}));
  open.target = "ns.here.test.x";
  EXPECT_FALSE(CheckOpen(config_, open, {1}));
  const auto* peer =
      FindPeerByPrincipal(config_, "funnel/branch@R", "funnel/here@R", "branch.test.");
  EXPECT_EQ(peer, &config_.peers[0]);
}

TEST_F(RulesTest, RefusesAnotherPeerTargetVersionOrSuite) {
  EXPECT_EQ(ServiceForOpen(config_, OpenFor("directory"), "other").error().code,
            wire::RefusalCode::kRefused);
  auto open = OpenFor("directory");
  open.target = "there.test";
  EXPECT_EQ(CheckOpen(config_, open, {1}).error().code, wire::RefusalCode::kNoRoute);
  open = OpenFor("directory");
  open.versions = {2, 3};
  EXPECT_EQ(CheckOpen(config_, open, {1}).error().code, wire::RefusalCode::kBadVersion);
  open = OpenFor("directory");
  open.suites = {2};
  open.x25519_share = Bytes(wire::kX25519ShareSize, 9);
  EXPECT_EQ(CheckOpen(config_, open, {1}).error().code, wire::RefusalCode::kBadVersion);
}

TEST_F(RulesTest, TakesTheFirstOfItsOwnSuitesThatBothHave) {
  auto open = OpenFor("directory");
  open.suites = {1, 4, 2, 999};
  open.x25519_share = Bytes(wire::kX25519ShareSize, 9);
  EXPECT_EQ(ChooseSuite({2, 4, 1}, open)->suite, wire::Suite(2));
  EXPECT_EQ(ChooseSuite({5, 3, 4, 1}, open)->suite, wire::Suite(4));
  EXPECT_EQ(ChooseSuite({3, 5}, open), nullptr);
  open.x25519_share.clear();
  EXPECT_EQ(ChooseSuite({2, 4, 1}, open)->suite, wire::Suite(1)) << "a suite without its share";
}

TEST_F(RulesTest, OffersWhatIsConfiguredAndCanBeHad) {
  config_.services[0].suites = {4, 1};
  EXPECT_EQ(RuleForInitiate(config_, S("dns"))->suites, (wire::SuiteList{4, 1}));
  config_.services[0].suites = {3, 2};
  const wire::SuiteList here = seal::HasMlKem() ? wire::SuiteList{3, 2} : wire::SuiteList{2};
  EXPECT_EQ(RuleForInitiate(config_, S("dns"))->suites, here);
  config_.services[1].suites = {2};
  EXPECT_EQ(ServiceForOpen(config_, OpenFor("directory"), "branch").error().code,
            wire::RefusalCode::kBadVersion);
}

TEST_F(RulesTest, AcceptsListedInitiatorsOnly) {
  const auto& ldap = *config_.FindService("ldap");
  EXPECT_TRUE(RequireAccepted(ldap, "ldap/anyone@R"));
  EXPECT_FALSE(RequireAccepted(ldap, "ldap/anyone@OTHER"));
  EXPECT_FALSE(RequireAccepted(ldap, "ldap/any/one@R"));
  EXPECT_FALSE(RequireAccepted(ldap, "dns/anyone@R"));
  EXPECT_FALSE(RequireAccepted(ldap, "no principal"));
  config_.services[1].accept.clear();
  EXPECT_FALSE(RequireAccepted(config_.services[1], "ldap/anyone@R")) << "nothing listed: nobody";
}

TEST_F(RulesTest, TellsWhetherALiveChannelIsStillAllowed) {
  using wire::Role;
  EXPECT_TRUE(
      RequireStillAllowed(config_, S("dns"), Role::kInitiator, "dns/here@R", "dns/there@R"));
  EXPECT_FALSE(
      RequireStillAllowed(config_, S("dns"), Role::kInitiator, "dns/old@R", "dns/there@R"));
  EXPECT_FALSE(RequireStillAllowed(config_, S("dns"), Role::kInitiator, "dns/here@R", "dns/old@R"));
  EXPECT_FALSE(
      RequireStillAllowed(config_, S("dns"), Role::kAcceptor, "dns/here@R", "dns/there@R"));
  EXPECT_TRUE(RequireStillAllowed(config_, S("ldap"), Role::kAcceptor, "ldap/here@R", "ldap/x@R"));
  EXPECT_FALSE(RequireStillAllowed(config_, S("ldap"), Role::kAcceptor, "ldap/here@R", "dns/x@R"));
  EXPECT_FALSE(RequireStillAllowed(config_, S("gone"), Role::kAcceptor, "ldap/here@R", "ldap/x@R"));
}

TEST_F(RulesTest, ComparesPrincipalsNotTheirSpelling) {
  EXPECT_TRUE(IsPrincipal("dns/\\h\\ere@R", P("dns/here@R")));
  EXPECT_FALSE(IsPrincipal("dns\\/here@R", P("dns/here@R")));
}

TEST_F(RulesTest, FindsAPeerByBothPrincipalsAndNode) {
  EXPECT_NE(FindPeerByPrincipal(config_, "funnel/branch@R", "funnel/here@R", ""), nullptr);
  EXPECT_NE(FindPeerByPrincipal(config_, "funnel/branch@R", "funnel/here@R", "branch.test"),
            nullptr);
  EXPECT_EQ(FindPeerByPrincipal(config_, "funnel/branch@R", "funnel/here@R", "x.test"), nullptr);
  EXPECT_EQ(FindPeerByPrincipal(config_, "funnel/branch@R", "dns/here@R", ""), nullptr);
  EXPECT_EQ(FindPeerByPrincipal(config_, "dns/branch@R", "funnel/here@R", ""), nullptr);
}

AcceptedContext ContextOf(const std::string& service) {
  AcceptedContext context;
  context.service = *ServiceName::Parse(service);
  return context;
}

TEST(ClaimsTest, AreRedeemedOnceByTheirService) {
  Claims claims(10s);
  const TimePoint now{};
  const Secret claim = *claims.Put(ContextOf("dns"), now);
  EXPECT_EQ(claim.size(), 32u);
  EXPECT_FALSE(claims.Redeem(claim.view(), *ServiceName::Parse("ldap"), now));
  EXPECT_TRUE(claims.Redeem(claim.view(), *ServiceName::Parse("dns"), now));
  EXPECT_FALSE(claims.Redeem(claim.view(), *ServiceName::Parse("dns"), now));
  EXPECT_FALSE(claims.Redeem(Bytes(32), *ServiceName::Parse("dns"), now));
}

TEST(ClaimsTest, EndInTime) {
  Claims claims(10s);
  const TimePoint now{};
  const Secret late = *claims.Put(ContextOf("dns"), now);
  EXPECT_FALSE(claims.Redeem(late.view(), *ServiceName::Parse("dns"), now + 10s));
  (void)claims.Put(ContextOf("dns"), now);
  EXPECT_EQ(claims.Expire(now + 9s), 0u);
  EXPECT_EQ(claims.Expire(now + 10s), 1u);
  EXPECT_EQ(claims.size(), 0u);
}

TEST(ContextsTest, BelongToTheirClient) {
  Contexts contexts;
  contexts.set_limits({.total = 2, .per_client = 2, .known = 1});
  const ClientId one(1), other(2);
  const ContextId id = *contexts.Add({.client = one});
  EXPECT_NE(contexts.Find(id, one), nullptr);
  EXPECT_EQ(contexts.Find(id, other), nullptr);
  contexts.Release(id, other);
  EXPECT_EQ(contexts.size(), 1u);
  EXPECT_TRUE(contexts.Add({.client = other}));
  EXPECT_FALSE(contexts.Add({.client = other}));
  contexts.ReleaseAllOf(one);
  EXPECT_EQ(contexts.size(), 1u);
}

TEST(FailuresTest, KeepTheNewest) {
  Failures failures;
  for (int i = 0; i < 100; ++i) failures.Add({.text = std::to_string(i)});
  EXPECT_EQ(failures.kept().size(), Failures::kKept);
  EXPECT_EQ(failures.kept().back().text, "99");
  EXPECT_EQ(failures.omitted(), 36u);
}

}  // namespace
}  // namespace funnel::authd
