// Who may ask for what, what status shows, and what a reload changes.
#include <gtest/gtest.h>

#include "common/ipc/authd_messages.h"
#include "common/ipc/command_messages.h"
#include "tests/unit/authd/two_nodes.h"

namespace funnel::authd {
namespace {

using test::TestClient;

class AccessTest : public test::TwoRunningNodes {
 protected:
  // Replaces the `edge-user` of a service, or the value of a key of funnel.conf, by somebody
  // else's.
  static std::string Replace(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }
  std::pair<ipc::Context, ipc::Context> Establish() {
    edge_.Send(ipc::Initiate{.request = 1, .service = Service("dns")});
    const auto opening = edge_.Receive<ipc::Opening>();
    hoster_sctpd_.Send(ipc::Accept{.request = 2, .peer = "branch", .open_body = opening.open_body});
    auto accepted = hoster_sctpd_.Receive<ipc::Accepted>();
    backend_edge_.Send(
        ipc::Redeem{.request = 3, .service = Service("dns"), .claim = accepted.claim.Clone()});
    auto theirs = backend_edge_.Receive<ipc::Context>();
    edge_.Send(
        ipc::Complete{.request = 4, .handshake = opening.handshake, .reply = accepted.opened_body});
    return {edge_.Receive<ipc::Context>(), std::move(theirs)};
  }

  TestClient edge_ = branch_node_->Connect(), backend_edge_ = hoster_node_->Connect(),
             hoster_sctpd_ = hoster_node_->Connect();
};

TEST_F(AccessTest, RefusesAnEdgeOfAnotherUser) {
  branch_node_->Configure("services.d/dns.ini", Replace(ListenIni("53", client_, server_),
                                                        EdgeUser(), "edge-user = 54321\n"));
  branch_node_->server().Reload();
  edge_.Send(ipc::Initiate{.request = 1, .service = Service("dns")});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kNotAllowed);
  edge_.Send(ipc::Redeem{.request = 2, .service = Service("dns"), .claim = Secret(32)});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kNotAllowed);
  edge_.Send(ipc::Announce{.request = 3, .service = Service("dns")});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kNotAllowed);
  EXPECT_EQ(branch_node_->Count(kRequestsDenied), 3u);
  // The other service's edge is not affected.
  edge_.Send(ipc::Initiate{.request = 4, .service = Service("ldap")});
  EXPECT_FALSE(edge_.Receive<ipc::Opening>().open_body.empty());
}

TEST_F(AccessTest, RefusesUnknownServicesAndTheWrongSide) {
  edge_.Send(ipc::Initiate{.request = 1, .service = Service("none")});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kNotAllowed);
  backend_edge_.Send(ipc::Initiate{.request = 1, .service = Service("dns")});
  EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kNotAllowed);
}

TEST_F(AccessTest, HangsUpOnWhoeverPlaysSctpd) {
  hoster_node_->Configure("funnel.conf",
                          "[node]\nname = hoster.test\nsctpd-user = 54321\n[kerberos]\nkeytab = " +
                              realm_.Path("hoster.keytab") + "\n");
  hoster_node_->server().Reload();
  hoster_sctpd_.Send(ipc::Accept{.request = 1, .peer = "branch", .open_body = {1}});
  EXPECT_TRUE(hoster_sctpd_.WaitClosed());
}

TEST_F(AccessTest, HangsUpOnNonsense) {
  edge_.Send(ipc::Revoked{1, "authd's own message"});
  EXPECT_TRUE(edge_.WaitClosed());
}

TEST_F(AccessTest, AnswersStatusWithJson) {
  (void)Establish();
  edge_.Send(ipc::Command{9, "status", {}});
  const auto reply = edge_.Receive<ipc::CommandReply>();
  EXPECT_EQ(reply.kind, ipc::ReplyKind::kLast);
  const std::string json(AsText(reply.text));
  EXPECT_EQ(json.front(), '{');
  EXPECT_EQ(json.back(), '}');
  for (const std::string part :
       {"\"daemon\":\"funnel-authd\"", "\"node\":\"branch.test\"", "\"keytab_error\":null",
        "\"contexts\":1", "\"state\":\"absent\"", "\"in_keytab\":true", "\"failures\":[]"})
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
}

TEST_F(AccessTest, RevokesChannelsWhoseRuleIsGone) {
  auto [ours, theirs] = Establish();
  hoster_node_->Configure("services.d/dns.ini",
                          ConnectIni("5300", server_, realm_.At("dns/other.test")));
  hoster_node_->server().Reload();
  const auto revoked = backend_edge_.Receive<ipc::Revoked>();
  EXPECT_EQ(revoked.context, theirs.context);
  EXPECT_NE(revoked.reason.find("is not accepted"), std::string::npos) << revoked.reason;
  branch_node_->Configure("services.d/dns.ini",
                          ListenIni("53", client_, realm_.At("dns/other.test")));
  branch_node_->server().Reload();
  EXPECT_EQ(edge_.Receive<ipc::Revoked>().context, ours.context);
}

TEST_F(AccessTest, ChecksAClaimAgainstTheRulesOfWhenItIsRedeemed) {
  edge_.Send(ipc::Initiate{.request = 1, .service = Service("dns")});
  const auto opening = edge_.Receive<ipc::Opening>();
  hoster_sctpd_.Send(ipc::Accept{.request = 2, .peer = "branch", .open_body = opening.open_body});
  auto accepted = hoster_sctpd_.Receive<ipc::Accepted>();
  hoster_node_->Configure("services.d/dns.ini",
                          ConnectIni("5300", server_, realm_.At("dns/other.test")));
  hoster_node_->server().Reload();
  backend_edge_.Send(
      ipc::Redeem{.request = 3, .service = Service("dns"), .claim = std::move(accepted.claim)});
  EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kNotAllowed);
}

TEST_F(AccessTest, ABrokenConfigurationLeavesTheRunningOneInForce) {
  auto [ours, theirs] = Establish();
  hoster_node_->Configure("services.d/dns.ini", "[service]\nprotocol = carrier-pigeon\n");
  hoster_node_->server().Reload();
  EXPECT_EQ(hoster_node_->Count(kReloadsFailed), 1u);
  EXPECT_FALSE(backend_edge_.HasPacket());
  (void)Establish();
}

TEST_F(AccessTest, AChangedKeytabTakesEffectOnReload) {
  (void)Establish();
  realm_.Admin({"cpw -randkey " + server_});
  realm_.Keytab("fresh", {server_, ldap_server_, hoster_});
  std::filesystem::rename(realm_.Path("fresh"), realm_.Path("hoster.keytab"));
  hoster_node_->server().Reload();
  branch_node_->server().Reload();  // gets its tickets again
  (void)Establish();
}

TEST_F(AccessTest, AnOldTicketIsReplacedAfterItWasRefused) {
  (void)Establish();
  realm_.Admin({"cpw -randkey " + server_});
  std::filesystem::remove(realm_.Path("hoster.keytab"));
  realm_.Keytab("hoster.keytab", {server_, ldap_server_, hoster_});
  edge_.Send(ipc::Initiate{.request = 1, .service = Service("dns")});
  const auto opening = edge_.Receive<ipc::Opening>();
  hoster_sctpd_.Send(ipc::Accept{.request = 2, .peer = "branch", .open_body = opening.open_body});
  const auto refused = hoster_sctpd_.Receive<ipc::AcceptRefused>();
  EXPECT_NE(refused.text.find("wrong keytab"), std::string::npos) << refused.text;
  edge_.Send(ipc::CompleteRefused{
      .request = 3, .handshake = opening.handshake, .refused_body = refused.refused_body});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kRefused);
  (void)Establish();
}

TEST_F(AccessTest, AnOldTicketIsReplacedAfterItsRekeyWasRefused) {
  auto [ours, theirs] = Establish();
  realm_.Admin({"cpw -randkey " + server_});
  std::filesystem::remove(realm_.Path("hoster.keytab"));
  realm_.Keytab("hoster.keytab", {server_, ldap_server_, hoster_});
  auto rekey = [&, initiated = ours.context, accepted = theirs.context] {
    edge_.Send(ipc::Initiate{
        .request = 1, .service = Service("dns"), .rekey_of = initiated, .epoch = Epoch(1)});
    const auto opening = edge_.Receive<ipc::Opening>();
    backend_edge_.Send(ipc::AcceptRekey{
        .request = 2, .context = accepted, .epoch = Epoch(1), .token = opening.open_body});
    return opening.handshake;
  };
  const std::uint64_t handshake = rekey();
  EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kProtocol);
  edge_.Send(ipc::CompleteRefused{
      .request = 3, .handshake = handshake, .refused_body = wire::RefusedBody{}.Serialize()});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().text, "the far end refuses the rekey");
  (void)rekey();
  EXPECT_FALSE(backend_edge_.Receive<ipc::Context>().reply_token.empty());
}

TEST_F(AccessTest, SaysWhatIsWrongWithKerberos) {
  realm_.StopKdc();
  edge_.Send(ipc::Initiate{.request = 1, .service = Service("dns")});
  const auto unreachable = edge_.Receive<ipc::Failed>();
  EXPECT_EQ(unreachable.code, ipc::FailureCode::kLocal);
  EXPECT_NE(unreachable.text.find("unreachable KDC"), std::string::npos) << unreachable.text;
  realm_.StartKdc();
  realm_.Admin({"cpw -randkey " + client_});
  edge_.Send(ipc::Initiate{.request = 2, .service = Service("dns")});
  const auto wrong_keytab = edge_.Receive<ipc::Failed>();
  EXPECT_NE(wrong_keytab.text.find("wrong keytab"), std::string::npos) << wrong_keytab.text;
  realm_.Admin({"delprinc -force " + ldap_server_});
  edge_.Send(ipc::Initiate{.request = 3, .service = Service("ldap")});
  const auto unknown = edge_.Receive<ipc::Failed>();
  EXPECT_NE(unknown.text.find("unknown principal"), std::string::npos) << unknown.text;
}

}  // namespace
}  // namespace funnel::authd
