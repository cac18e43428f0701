// A channel's handshake through two whole authds: edges, claims, refusals, rekeys.
#include <algorithm>

#include "common/ipc/authd_messages.h"
#include "common/seal/frame_cipher.h"
#include "common/wire/frame/open.h"
#include "funnel-authd/rules.h"
#include "tests/unit/authd/channel_fixture.h"

namespace funnel::authd {
namespace {

TEST_F(ChannelTest, GivesBothEdgesTheSameKeys) {
  auto [ours, theirs] = Establish();
  ExpectSameKeys(ours, theirs);
  EXPECT_EQ(ours.enctype, 20);
  EXPECT_EQ(ours.role, 0);
  EXPECT_EQ(theirs.role, 1);
  EXPECT_EQ(ours.local_principal, client_);
  EXPECT_EQ(ours.peer_principal, server_);
  EXPECT_EQ(theirs.local_principal, server_);
  EXPECT_EQ(theirs.peer_principal, client_);
  const auto difference = ours.expires.since_boot - theirs.expires.since_boot;
  EXPECT_LE(std::chrono::abs(difference), std::chrono::seconds(2));

  auto cipher = [](const ipc::Context& context) {
    return seal::MakeFrameCipher({.suite = context.suite,
                                  .enctype = context.enctype,
                                  .key = context.key.view(),
                                  .our_role = static_cast<wire::Role>(context.role)});
  };
  auto sealer = cipher(ours), opener = cipher(theirs);
  Bytes token(5 + (*sealer)->Overhead());
  const ByteView pieces[] = {AsBytes("hello")};
  ASSERT_TRUE((*sealer)->Seal(0, pieces, token));
  EXPECT_EQ(AsText((*opener)->Open(token).value()), "hello");
}

TEST_F(ChannelTest, RelaysMayLowerTheHopLimit) {
  const auto opening = Open();
  auto accepted = Accept(wire::WithOneHopLess(opening.open_body).value());
  ExpectSameKeys(Complete(opening.handshake, accepted.opened_body), Redeem(accepted.claim));
}

TEST_F(ChannelTest, RefusesAnOpenThatWasAlteredOnTheWay) {
  auto open = wire::OpenBody::Parse(Open().open_body).value();
  open.nonce[7] ^= 1;
  const auto refused = Refusal(open.Serialize());
  EXPECT_NE(refused.text.find("channel bindings"), std::string::npos) << refused.text;
  // Somebody on the path sees only "refused".
  EXPECT_EQ(wire::RefusedBody::Parse(refused.refused_body)->text, "refused");
  EXPECT_FALSE(wire::RefusedBody::Parse(refused.refused_body)->has_verdict());

  auto more_suites = wire::OpenBody::Parse(Open().open_body).value();
  more_suites.suites.push_back(99);
  EXPECT_EQ(Refusal(more_suites.Serialize()).code, 1);
}

TEST_F(ChannelTest, NoticesAnOpenedThatWasAlteredOnTheWay) {
  const auto opening = Open();
  auto accepted = Accept(opening.open_body);
  auto opened = wire::OpenedBody::Parse(accepted.opened_body).value();
  opened.version = 1;
  opened.token[opened.token.size() / 2] ^= 1;
  edge_.Send(ipc::Complete{
      .request = ++request_, .handshake = opening.handshake, .reply = opened.Serialize()});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kProtocol);
}

TEST_F(ChannelTest, RefusesAnotherTargetNodeAndAnUnknownService) {
  auto open = wire::OpenBody::Parse(Open().open_body).value();
  open.target = "elsewhere.test";
  EXPECT_EQ(Refusal(open.Serialize()).code, static_cast<int>(wire::RefusalCode::kNoRoute));
  open.target = "hoster.test";
  open.service = "unknown";
  EXPECT_EQ(Refusal(open.Serialize()).code, static_cast<int>(wire::RefusalCode::kNoRoute));
  EXPECT_EQ(Refusal(Bytes{1, 2, 3}).code, static_cast<int>(wire::RefusalCode::kRefused));
}

TEST_F(ChannelTest, RefusesATokenForAnotherService) {
  auto open = wire::OpenBody::Parse(Open("ldap").open_body).value();
  open.service = "dns";
  const auto refused = Refusal(open.Serialize());
  EXPECT_EQ(refused.code, static_cast<int>(wire::RefusalCode::kRefused));
  EXPECT_EQ(hoster_node_->Count(kClaimsIssued), 0u);
}

TEST_F(ChannelTest, AgreesOnWhatBothEndsCanDo) {
  const auto opening = Open();
  const auto open = wire::OpenBody::Parse(opening.open_body).value();
  EXPECT_TRUE(open.features.Has(wire::Feature::kDatagrams));
  auto accepted = Accept(opening.open_body);
  EXPECT_EQ(wire::OpenedBody::Parse(accepted.opened_body)->features, open.features);
  const auto theirs = Redeem(accepted.claim);
  const auto ours = Complete(opening.handshake, accepted.opened_body);
  EXPECT_EQ(ours.features, open.features.bits());
  EXPECT_EQ(theirs.features, open.features.bits());
}

TEST_F(ChannelTest, RefusesTheOtherKindOfServiceAndNamesBoth) {
  hoster_node_->Configure("services.d/dns.ini", "[service]\nprotocol = tcp\n" + EdgeUser() +
                                                    "[connect]\naddress = 127.0.0.1:5300\n"
                                                    "[security]\nidentity = " +
                                                    server_ + "\naccept = " + client_ + "\n");
  hoster_node_->server().Reload();
  const auto opening = Open();
  const auto refused = Refusal(opening.open_body);
  const std::string why =
      "service dns carries datagrams (UDP) at the initiator's end and connections (TCP) at the "
      "acceptor's";
  EXPECT_EQ(refused.text, why);
  edge_.Send(ipc::CompleteRefused{
      .request = ++request_, .handshake = opening.handshake, .refused_body = refused.refused_body});
  const auto failed = edge_.Receive<ipc::Failed>();
  EXPECT_TRUE(failed.authenticated);
  EXPECT_EQ(failed.text, why);
  EXPECT_EQ(branch_node_->server().shared().failures.kept().back().text, why);
  EXPECT_EQ(hoster_node_->server().shared().failures.kept().back().text, why);
}

// Both carry connections, but only one end would know to what.
TEST_F(ChannelTest, TargetsAreAKindOfTheirOwn) {
  config::ServiceConfig socks, tcp;
  socks.wire_name = tcp.wire_name = "web";
  socks.protocol = config::Protocol::kSocks;
  tcp.protocol = config::Protocol::kTcp;
  EXPECT_TRUE(RequireSameKind(socks, FeaturesOf(socks)));
  EXPECT_EQ(RequireSameKind(tcp, FeaturesOf(socks)).error().message,
            "service web carries connections to targets (SOCKS) at the initiator's end and "
            "connections (TCP) at the acceptor's");
  EXPECT_EQ(RequireSameKind(socks, FeaturesOf(tcp)).error().message,
            "service web carries connections (TCP) at the initiator's end and connections to "
            "targets (SOCKS) at the acceptor's");
}

// Nothing may run because a connection was taken for a command, or the other way round.
TEST_F(ChannelTest, CommandsAreAKindOfTheirOwn) {
  config::ServiceConfig command, tcp;
  command.wire_name = tcp.wire_name = "shell";
  command.protocol = config::Protocol::kCommand;
  tcp.protocol = config::Protocol::kTcp;
  EXPECT_TRUE(RequireSameKind(command, FeaturesOf(command)));
  EXPECT_EQ(RequireSameKind(tcp, FeaturesOf(command)).error().message,
            "service shell carries commands at the initiator's end and connections (TCP) at the "
            "acceptor's");
  EXPECT_FALSE(RequireSameKind(command, FeaturesOf(tcp)));
  // As of nodes of version 0.1.
  EXPECT_EQ(RequireSameKind(command, {}).error().message,
            "service shell carries commands, and the initiator does not say that it does");
  EXPECT_TRUE(RequireSameKind(tcp, {}));
}

TEST_F(ChannelTest, RefusesFeaturesThatItDidNotOffer) {
  const auto opening = Open();
  auto accepted = Accept(opening.open_body);
  auto opened = wire::OpenedBody::Parse(accepted.opened_body).value();
  opened.features = opened.features.With(wire::Features(1ull << 50));
  edge_.Send(ipc::Complete{
      .request = ++request_, .handshake = opening.handshake, .reply = opened.Serialize()});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kProtocol);
}

TEST_F(ChannelTest, TellsAnAuthenticatedStrangerWhy) {
  const auto opening = Open("ldap");  // the hoster accepts ldap/other only
  const auto refused = Refusal(opening.open_body);
  const std::string why = "principal " + ldap_client_ + " is not accepted for service ldap";
  EXPECT_EQ(refused.text, why);
  EXPECT_EQ(wire::RefusedBody::Parse(refused.refused_body)->text, "refused");
  edge_.Send(ipc::CompleteRefused{
      .request = ++request_, .handshake = opening.handshake, .refused_body = refused.refused_body});
  const auto failed = edge_.Receive<ipc::Failed>();
  EXPECT_EQ(failed.code, ipc::FailureCode::kRefused);
  EXPECT_TRUE(failed.authenticated);
  EXPECT_EQ(failed.text, why);
  EXPECT_EQ(hoster_node_->server().shared().failures.kept().back().principal, ldap_client_);
}

TEST_F(ChannelTest, TakesAForgedReasonForWhatItIs) {
  const auto opening = Open();
  edge_.Send(ipc::CompleteRefused{
      .request = ++request_,
      .handshake = opening.handshake,
      .refused_body = wire::RefusedBody{.text = "your dog has died"}.Serialize()});
  const auto failed = edge_.Receive<ipc::Failed>();
  EXPECT_FALSE(failed.authenticated);
  EXPECT_EQ(failed.text, "REFUSED, unauthenticated: refused");
}

TEST_F(ChannelTest, RedeemsAClaimOnceAndForItsServiceOnly) {
  auto accepted = Accept(Open().open_body);
  backend_edge_.Send(ipc::Redeem{
      .request = ++request_, .service = Service("ldap"), .claim = accepted.claim.Clone()});
  EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kUnknown);
  EXPECT_FALSE(Redeem(accepted.claim).key.empty());
  backend_edge_.Send(ipc::Redeem{
      .request = ++request_, .service = Service("dns"), .claim = accepted.claim.Clone()});
  EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kUnknown);
}

TEST_F(ChannelTest, ForgetsADroppedClaim) {
  auto accepted = Accept(Open().open_body);
  sctpd_.Send(ipc::DropClaim{accepted.claim.Clone()});
  ASSERT_TRUE(test::RunUntil(
      *loop_, [this] { return hoster_node_->server().shared().claims.size() == 0; }));
}

TEST_F(ChannelTest, KeepsHandshakesAndContextsApartByClient) {
  const auto opening = Open();
  TestClient other = branch_node_->Connect();
  other.Send(ipc::Complete{.request = 1, .handshake = opening.handshake, .reply = {1}});
  EXPECT_EQ(other.Receive<ipc::Failed>().code, ipc::FailureCode::kUnknown);
  auto accepted = Accept(opening.open_body);
  const auto ours = Complete(opening.handshake, accepted.opened_body);
  other.Send(ipc::Initiate{
      .request = 2, .service = Service("dns"), .rekey_of = ours.context, .epoch = Epoch(1)});
  EXPECT_EQ(other.Receive<ipc::Failed>().code, ipc::FailureCode::kUnknown);
}

TEST_F(ChannelTest, RekeysWithFreshKeys) {
  auto [ours, theirs] = Establish();
  edge_.Send(ipc::Initiate{.request = ++request_,
                           .service = Service("dns"),
                           .rekey_of = ours.context,
                           .epoch = Epoch(1)});
  const auto opening = edge_.Receive<ipc::Opening>();
  backend_edge_.Send(ipc::AcceptRekey{.request = ++request_,
                                      .context = theirs.context,
                                      .epoch = Epoch(1),
                                      .token = opening.open_body});
  const auto next_theirs = backend_edge_.Receive<ipc::Context>();
  const auto next_ours = Complete(opening.handshake, next_theirs.reply_token);
  ExpectSameKeys(next_ours, next_theirs);
  EXPECT_FALSE(std::ranges::equal(ours.key.view(), next_ours.key.view()));
  EXPECT_NE(ours.confirm, next_ours.confirm);
}

TEST_F(ChannelTest, RefusesARekeyOfAnotherEpochOrChannel) {
  auto [ours, theirs] = Establish();
  auto [other_ours, other_theirs] = Establish();
  edge_.Send(ipc::Initiate{.request = ++request_,
                           .service = Service("dns"),
                           .rekey_of = ours.context,
                           .epoch = Epoch(1)});
  const auto opening = edge_.Receive<ipc::Opening>();
  for (const auto& [context, epoch] :
       {std::pair{theirs.context, Epoch(2)}, std::pair{other_theirs.context, Epoch(1)}}) {
    backend_edge_.Send(ipc::AcceptRekey{
        .request = ++request_, .context = context, .epoch = epoch, .token = opening.open_body});
    EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kProtocol);
  }
}

TEST_F(ChannelTest, TakesBackChannelsThatOutlivedIt) {
  auto [ours, theirs] = Establish();
  edge_.Send(ipc::Announce{.request = ++request_,
                           .service = Service("dns"),
                           .role = 0,
                           .local_principal = ours.local_principal,
                           .peer_principal = ours.peer_principal,
                           .exporter = ours.exporter.Clone()});
  EXPECT_NE(edge_.Receive<ipc::Announced>().context, 0u);
  edge_.Send(ipc::Announce{.request = ++request_,
                           .service = Service("dns"),
                           .role = 0,
                           .local_principal = ours.local_principal,
                           .peer_principal = realm_.At("dns/somebody.else"),
                           .exporter = ours.exporter.Clone()});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kNotAllowed);
}

}  // namespace
}  // namespace funnel::authd
