// Suites above 1 through two whole authds, and what somebody on the path can do to them.
#include "common/ipc/authd_messages.h"
#include "common/seal/frame_cipher.h"
#include "common/seal/key_schedule.h"
#include "common/wire/frame/open.h"
#include "common/wire/frame/rekey_body.h"
#include "tests/unit/authd/channel_fixture.h"

namespace funnel::authd {
namespace {

class SuitesTest : public ChannelTest {
 protected:
  SuitesTest() { Configure("2 4 1", "2 4 1"); }

  void Configure(const std::string& ours, const std::string& theirs) {
    branch_node_->Configure("services.d/dns.ini",
                            ListenIni("53", client_, server_) + "suites = " + ours + "\n");
    hoster_node_->Configure("services.d/dns.ini",
                            ConnectIni("5300", server_, client_) + "suites = " + theirs + "\n");
    branch_node_->server().Reload();
    hoster_node_->server().Reload();
  }

  static std::unique_ptr<wire::FrameCipher> CipherOf(const ipc::Context& context) {
    return seal::MakeFrameCipher({.suite = context.suite,
                                  .enctype = context.enctype,
                                  .key = context.key.view(),
                                  .our_role = static_cast<wire::Role>(context.role),
                                  .channel = ChannelId(1),
                                  .epoch = Epoch()})
        .value();
  }
  static void ExpectFramesPass(const ipc::Context& from, const ipc::Context& to) {
    const auto sealer = CipherOf(from), opener = CipherOf(to);
    Bytes sealed(5 + sealer->Overhead());
    const ByteView pieces[] = {AsBytes("hello")};
    ASSERT_TRUE(sealer->Seal(0, pieces, sealed));
    EXPECT_EQ(AsText(opener->Open(sealed).value()), "hello");
  }

  // The initiator's authd's answer to an OPENED that EDIT has changed on the way.
  template <typename Edit>
  ipc::Failed FailureOf(Edit&& edit) {
    const auto opening = Open();
    auto opened = wire::OpenedBody::Parse(Accept(opening.open_body).opened_body).value();
    edit(opened);
    edge_.Send(ipc::Complete{
        .request = ++request_, .handshake = opening.handshake, .reply = opened.Serialize()});
    return edge_.Receive<ipc::Failed>();
  }
  // The same for the acceptor's OPEN.
  template <typename Edit>
  std::string RefusalOf(Edit&& edit) {
    auto open = wire::OpenBody::Parse(Open().open_body).value();
    edit(open);
    return Refusal(open.Serialize()).text;
  }

  ipc::Opening BeginRekey(const ipc::Context& of) {
    edge_.Send(ipc::Initiate{.request = ++request_,
                             .service = Service("dns"),
                             .rekey_of = of.context,
                             .epoch = Epoch(1)});
    return edge_.Receive<ipc::Opening>();
  }
  void SendRekey(const ipc::Context& of, const Bytes& body) {
    backend_edge_.Send(ipc::AcceptRekey{
        .request = ++request_, .context = of.context, .epoch = Epoch(1), .token = body});
  }
};

TEST_F(SuitesTest, BothEdgesGetDerivedKeysAndNoSubkey) {
  auto [ours, theirs] = Establish();
  ExpectSameKeys(ours, theirs);
  EXPECT_EQ(ours.suite, 2);
  EXPECT_EQ(theirs.suite, 2);
  EXPECT_EQ(ours.key.size(), seal::kAeadMaterialSize);
  EXPECT_FALSE(ours.unproven);
  EXPECT_EQ(ours.why_not_better, "");
  ExpectFramesPass(ours, theirs);
  ExpectFramesPass(theirs, ours);
}

TEST_F(SuitesTest, TheAcceptorTakesTheFirstOfItsOwn) {
  Configure("2 4 1", "4 2 1");
  auto [ours, theirs] = Establish();
  EXPECT_EQ(ours.suite, 4);
  ExpectSameKeys(ours, theirs);
  ExpectFramesPass(ours, theirs);
  EXPECT_EQ(ours.why_not_better, "the acceptor chose it among those offered");
}

TEST_F(SuitesTest, RelaysMayLowerTheHopLimit) {
  const auto opening = Open();
  auto accepted = Accept(wire::WithOneHopLess(opening.open_body).value());
  ExpectSameKeys(Complete(opening.handshake, accepted.opened_body), Redeem(accepted.claim));
}

TEST_F(SuitesTest, AnAcceptorThatWantsSuite1ProvesIt) {
  Configure("2 1", "1");
  auto [ours, theirs] = Establish();
  EXPECT_EQ(ours.suite, 1);
  EXPECT_FALSE(ours.unproven);
  ExpectSameKeys(ours, theirs);
}

// The same bytes as of nodes of version 0.1.0.
TEST_F(SuitesTest, AnInitiatorOfSuite1SeesNothingNew) {
  Configure("1", "2 1");
  const auto opening = Open();
  const auto open = wire::OpenBody::Parse(opening.open_body).value();
  EXPECT_TRUE(open.x25519_share.empty());
  const auto accepted = Accept(opening.open_body);
  const auto opened = wire::OpenedBody::Parse(accepted.opened_body).value();
  EXPECT_EQ(opened.suite, 1);
  EXPECT_TRUE(opened.proof.empty());
  EXPECT_EQ(Redeem(accepted.claim).why_not_better,
            "the initiator offers none that is liked better here");
}

TEST_F(SuitesTest, NoCommonSuiteIsABadVersion) {
  Configure("1", "2");
  const auto opening = Open();
  const auto refused = Refusal(opening.open_body);
  EXPECT_EQ(refused.code, static_cast<int>(wire::RefusalCode::kBadVersion));
  edge_.Send(ipc::CompleteRefused{
      .request = ++request_, .handshake = opening.handshake, .refused_body = refused.refused_body});
  EXPECT_NE(edge_.Receive<ipc::Failed>().text.find("none of the suites offered"),
            std::string::npos);
}

TEST_F(SuitesTest, AnAlteredOpenIsRefused) {
  const std::string altered = "channel bindings";
  EXPECT_NE(RefusalOf([](auto& open) { open.suites = {1}; }).find(altered), std::string::npos);
  EXPECT_NE(RefusalOf([](auto& open) { open.suites = {4, 2, 1}; }).find(altered),
            std::string::npos);
  EXPECT_NE(RefusalOf([](auto& open) { open.x25519_share[3] ^= 1; }).find(altered),
            std::string::npos);
  EXPECT_NE(RefusalOf([](auto& open) { open.x25519_share.clear(); }).find(altered),
            std::string::npos);
}

TEST_F(SuitesTest, AnAlteredOpenedIsNoticedBeforeAnyKeyIsGivenOut) {
  const auto theirs = seal::KeyShares::Make(/*with_ml_kem=*/false).value();
  using Opened = wire::OpenedBody;
  const std::vector<std::function<void(Opened&)>> edits = {
      [&](Opened& opened) { opened.share_answer = theirs.x25519(); },
      [](Opened& opened) { opened.proof[7] ^= 1; },
      [](Opened& opened) { opened.proof.clear(); },
      [](Opened& opened) { opened.suite = 4; },
      [](Opened& opened) { opened.share_answer.clear(); },
      [](Opened& opened) { opened.suite = 3; },
      [](Opened& opened) { opened.suite = 77, opened.share_answer.clear(); },
      [](Opened& opened) { opened.suite = 1; },
      [](Opened& opened) { opened.suite = 1, opened.share_answer.clear(); },
  };
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const auto failed = FailureOf(edits[i]);
    EXPECT_EQ(failed.code, ipc::FailureCode::kProtocol) << i << ": " << failed.text;
  }
}

// Everything new is removed, as if an acceptor of version 0.1.0 had answered. Then no payload is
// sent before CONFIRM, on which the two ends do not agree.
TEST_F(SuitesTest, AnOpenedAsOfVersion010IsUnprovenAndNeverConfirmed) {
  const auto opening = Open();
  const auto accepted = Accept(opening.open_body);
  auto opened = wire::OpenedBody::Parse(accepted.opened_body).value();
  opened.suite = 1;
  opened.share_answer.clear();
  opened.proof.clear();
  const auto ours = Complete(opening.handshake, opened.Serialize());
  EXPECT_TRUE(ours.unproven);
  EXPECT_EQ(ours.why_not_better, "the acceptor is of a version that has suite 1 only");
  EXPECT_NE(ours.confirm, Redeem(accepted.claim).confirm);
}

TEST_F(SuitesTest, ARekeyKeepsTheSuiteAndHasSharesOfItsOwn) {
  auto [ours, theirs] = Establish();
  const auto opening = BeginRekey(ours);
  const auto body = wire::RekeyBody::Parse(*wire::FindSuite(2), opening.open_body).value();
  SendRekey(theirs, opening.open_body);
  const auto next_theirs = backend_edge_.Receive<ipc::Context>();
  const auto next_ours = Complete(opening.handshake, next_theirs.reply_token);
  EXPECT_EQ(next_ours.suite, 2);
  ExpectSameKeys(next_ours, next_theirs);
  EXPECT_FALSE(std::ranges::equal(ours.key.view(), next_ours.key.view()));
  EXPECT_NE(ours.confirm, next_ours.confirm);
  ExpectFramesPass(next_ours, next_theirs);
}

TEST_F(SuitesTest, AnAlteredRekeyIsRefused) {
  auto [ours, theirs] = Establish();
  const auto opening = BeginRekey(ours);
  auto body = wire::RekeyBody::Parse(*wire::FindSuite(2), opening.open_body).value();
  body.x25519_share[5] ^= 1;
  SendRekey(theirs, body.Serialize());
  EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kProtocol);
  SendRekey(theirs, body.token);  // as in suite 1
  EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kProtocol);

  // That token is used up, because acceptors remember the tokens that they have seen.
  const auto again = BeginRekey(ours);
  SendRekey(theirs, again.open_body);
  const auto next_theirs = backend_edge_.Receive<ipc::Context>();
  auto answer = wire::RekeyAnswer::Parse(*wire::FindSuite(2), next_theirs.reply_token).value();
  answer.share_answer[5] ^= 1;
  edge_.Send(ipc::Complete{
      .request = ++request_, .handshake = again.handshake, .reply = answer.Serialize()});
  EXPECT_EQ(edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kProtocol);
}

// authd was restarted: the edge tells it the suite.
TEST_F(SuitesTest, AnAnnouncedChannelRekeysInItsSuite) {
  auto [ours, theirs] = Establish();
  edge_.Send(ipc::Announce{.request = ++request_,
                           .service = Service("dns"),
                           .role = 0,
                           .local_principal = ours.local_principal,
                           .peer_principal = ours.peer_principal,
                           .exporter = ours.exporter.Clone(),
                           .suite = 2});
  ours.context = edge_.Receive<ipc::Announced>().context;
  const auto opening = BeginRekey(ours);
  SendRekey(theirs, opening.open_body);
  const auto next_theirs = backend_edge_.Receive<ipc::Context>();
  ExpectSameKeys(Complete(opening.handshake, next_theirs.reply_token), next_theirs);
}

}  // namespace
}  // namespace funnel::authd
