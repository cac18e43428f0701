// A channel's handshake through two whole authds: edges, claims, refusals, rekeys, and what an edge
// gets to see.
#include <gtest/gtest.h>
#include <krb5.h>

#include "common/seal/token_cipher.h"
#include "common/wire/open.h"
#include "tests/unit/authd/two_nodes.h"

namespace funnel::authd {
namespace {

using test::Client;

class ChannelTest : public test::TwoRunningNodes {
 protected:
  ipc::Opening Open(const std::string& service = "dns") {
    edge_.Send(ipc::Initiate{.request = ++request_, .service = Service(service)});
    return edge_.Receive<ipc::Opening>();
  }
  void SendAccept(const Bytes& open_body, const std::string& peer = "branch") {
    sctpd_.Send(ipc::Accept{.request = ++request_,
                            .association = AssociationId(1),
                            .peer = peer,
                            .open_body = open_body});
  }
  ipc::Accepted Accept(const Bytes& open_body) {
    SendAccept(open_body);
    return sctpd_.Receive<ipc::Accepted>();
  }
  ipc::AcceptRefused Refusal(const Bytes& open_body, const std::string& peer = "branch") {
    SendAccept(open_body, peer);
    return sctpd_.Receive<ipc::AcceptRefused>();
  }
  ipc::Context Complete(std::uint64_t handshake, const Bytes& reply) {
    edge_.Send(ipc::Complete{.request = ++request_, .handshake = handshake, .reply = reply});
    return edge_.Receive<ipc::Context>();
  }
  ipc::Context Redeem(const Secret& claim, const std::string& service = "dns") {
    backend_edge_.Send(
        ipc::Redeem{.request = ++request_, .service = Service(service), .claim = claim.Clone()});
    return backend_edge_.Receive<ipc::Context>();
  }
  // Both ends' contexts of a channel of dns.
  std::pair<ipc::Context, ipc::Context> Establish() {
    const auto opening = Open();
    auto accepted = Accept(opening.open_body);
    auto theirs = Redeem(accepted.claim);
    return {Complete(opening.handshake, accepted.opened_body), std::move(theirs)};
  }
  static void ExpectSameKeys(const ipc::Context& ours, const ipc::Context& theirs) {
    EXPECT_EQ(ours.enctype, theirs.enctype);
    EXPECT_TRUE(std::ranges::equal(ours.subkey.view(), theirs.subkey.view()));
    EXPECT_TRUE(std::ranges::equal(ours.exporter.view(), theirs.exporter.view()));
    EXPECT_EQ(ours.confirm, theirs.confirm);
    EXPECT_EQ(ours.confirm.size(), 32u);
  }

  Client edge_ = branch_node_->Connect(), backend_edge_ = hoster_node_->Connect(),
         sctpd_ = hoster_node_->Connect();
  std::uint32_t request_ = 0;
};

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

  auto sealer = seal::MakeTokenCipher(seal::Enctype::kAes256Sha384, ours.subkey.view(),
                                      wire::Role::kInitiator);
  auto opener = seal::MakeTokenCipher(seal::Enctype::kAes256Sha384, theirs.subkey.view(),
                                      wire::Role::kAcceptor);
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
  // Somebody on the path hears no more than "refused".
  EXPECT_EQ(wire::RefusedBody::Parse(refused.refused_body)->text, "refused");
  EXPECT_FALSE(wire::RefusedBody::Parse(refused.refused_body)->has_verdict());

  auto more_suites = wire::OpenBody::Parse(Open().open_body).value();
  more_suites.suites.push_back(2);
  EXPECT_EQ(Refusal(more_suites.Serialize()).code, 1);
}

TEST_F(ChannelTest, NoticesAnOpenedThatWasAlteredOnTheWay) {
  const auto opening = Open();
  auto accepted = Accept(opening.open_body);
  auto opened = wire::OpenedBody::Parse(accepted.opened_body).value();
  opened.suite = 2;
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
  EXPECT_EQ(hoster_node_->server().core().failures.kept().back().principal, ldap_client_);
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
  EXPECT_FALSE(Redeem(accepted.claim).subkey.empty());
  backend_edge_.Send(ipc::Redeem{
      .request = ++request_, .service = Service("dns"), .claim = accepted.claim.Clone()});
  EXPECT_EQ(backend_edge_.Receive<ipc::Failed>().code, ipc::FailureCode::kUnknown);
}

TEST_F(ChannelTest, ForgetsADroppedClaim) {
  auto accepted = Accept(Open().open_body);
  sctpd_.Send(ipc::DropClaim{accepted.claim.Clone()});
  ASSERT_TRUE(
      test::RunUntil(*loop_, [this] { return hoster_node_->server().core().claims.size() == 0; }));
}

TEST_F(ChannelTest, KeepsHandshakesAndContextsApartByClient) {
  const auto opening = Open();
  Client other = branch_node_->Connect();
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
  EXPECT_FALSE(std::ranges::equal(ours.subkey.view(), next_ours.subkey.view()));
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

// The keys of all tickets that this process, both authds included, holds: in memory caches that
// common/gss numbers. (krb5_cccol_cursor_new() passes over those.)
std::vector<Bytes> TicketKeys() {
  std::vector<Bytes> keys;
  krb5_context context = nullptr;
  EXPECT_EQ(krb5_init_context(&context), 0);
  for (int number = 1; number <= 1000; ++number) {
    const std::string name = "MEMORY:funnel-" + std::to_string(number);
    krb5_ccache cache = nullptr;
    if (krb5_cc_resolve(context, name.c_str(), &cache) != 0) continue;
    krb5_cc_cursor cursor;
    krb5_creds ticket;
    if (krb5_cc_start_seq_get(context, cache, &cursor) == 0) {
      while (krb5_cc_next_cred(context, cache, &cursor, &ticket) == 0) {
        if (ticket.keyblock.length >= 16)
          keys.emplace_back(ticket.keyblock.contents,
                            ticket.keyblock.contents + ticket.keyblock.length);
        krb5_free_cred_contents(context, &ticket);
      }
      krb5_cc_end_seq_get(context, cache, &cursor);
    }
    krb5_cc_close(context, cache);
  }
  krb5_free_context(context);
  return keys;
}

std::vector<Bytes> KeytabKeys(const std::string& path) {
  std::vector<Bytes> keys;
  krb5_context context = nullptr;
  krb5_keytab keytab = nullptr;
  krb5_kt_cursor cursor;
  krb5_keytab_entry entry;
  EXPECT_EQ(krb5_init_context(&context), 0);
  EXPECT_EQ(krb5_kt_resolve(context, path.c_str(), &keytab), 0);
  EXPECT_EQ(krb5_kt_start_seq_get(context, keytab, &cursor), 0);
  while (krb5_kt_next_entry(context, keytab, &entry, &cursor) == 0) {
    keys.emplace_back(entry.key.contents, entry.key.contents + entry.key.length);
    krb5_free_keytab_entry_contents(context, &entry);
  }
  krb5_kt_end_seq_get(context, keytab, &cursor);
  krb5_kt_close(context, keytab);
  krb5_free_context(context);
  return keys;
}

bool Received(const Client& client, const Bytes& secret) {
  return std::any_of(client.packets().begin(), client.packets().end(), [&](const Bytes& packet) {
    return std::search(packet.begin(), packet.end(), secret.begin(), secret.end()) != packet.end();
  });
}

TEST_F(ChannelTest, NeverGivesATicketsOrKeytabsKeyAway) {
  auto [ours, theirs] = Establish();
  const Bytes subkey(ours.subkey.view().begin(), ours.subkey.view().end());
  // The search works: it finds what edges are meant to get, and sctpd is not.
  EXPECT_TRUE(Received(edge_, subkey));
  EXPECT_TRUE(Received(backend_edge_, subkey));
  EXPECT_FALSE(Received(sctpd_, subkey));
  std::vector<Bytes> secrets = TicketKeys();
  EXPECT_GE(secrets.size(), 2u) << "a ticket-granting ticket and one for the service";
  for (const char* file : {"branch.keytab", "hoster.keytab"})
    for (auto& key : KeytabKeys(realm_.Path(file))) secrets.push_back(std::move(key));
  EXPECT_GE(secrets.size(), 14u);
  for (const Bytes& secret : secrets)
    for (const Client* client : {&edge_, &backend_edge_, &sctpd_})
      EXPECT_FALSE(Received(*client, secret));
}

}  // namespace
}  // namespace funnel::authd
