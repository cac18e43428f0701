// The two halves of the handshake, with each other and with a real KDC.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "common/gss/acceptor.h"
#include "common/gss/credentials.h"
#include "common/gss/initiator.h"
#include "tests/unit/gss/fake_time.h"
#include "tests/unit/gss/mit_context.h"
#include "tests/unit/gss/test_realm.h"

namespace funnel::gss {
namespace {

using namespace std::chrono_literals;
using test::ClockOffset;

class HandshakeTest : public testing::Test {
 protected:
  HandshakeTest() {
    realm_.Add({client_, server_});
    keytab_ = realm_.Keytab("keytab", {client_, server_});
    store_ = std::make_unique<CredentialStore>(CredentialStore::Keytabs{keytab_, keytab_});
  }

  Result<Initiation> Begin(const std::string& target) {
    Credential ours = TRY(store_->AcquireInitiator(client_));
    return Initiation::Begin(std::move(ours), target, bindings_);
  }
  Result<Acceptance> Accept(ByteView token) {
    const Credential ours = TRY(store_->AcquireAcceptor(server_));
    return Acceptance::Accept(ours, token, bindings_);
  }
  // The acceptor's answer to a handshake that the initiator could begin.
  std::string AcceptError() {
    auto initiation = Begin(server_);
    if (!initiation) return "initiator: " + initiation.error().message;
    auto acceptance = Accept(initiation->token());
    return acceptance ? "accepted" : acceptance.error().message;
  }

  test::TestRealm realm_;
  const std::string client_ = realm_.At("dns/client.example"),
                    server_ = realm_.At("dns/server.example");
  std::string keytab_;
  const Bytes bindings_ = Bytes(32, 0xB1);
  std::unique_ptr<CredentialStore> store_;
};

TEST_F(HandshakeTest, GivesBothEndsTheSameKey) {
  auto initiation = Begin(server_);
  ASSERT_TRUE(initiation) << initiation.error().message;
  auto acceptance = Accept(initiation->token());
  ASSERT_TRUE(acceptance) << acceptance.error().message;
  EXPECT_EQ(acceptance->initiator(), client_);
  EXPECT_EQ(acceptance->acceptor(), server_);
  auto finished = initiation->Finish(acceptance->reply());
  ASSERT_TRUE(finished) << finished.error().message;
  auto theirs = acceptance->Export();
  auto ours = initiation->Export();
  ASSERT_TRUE(ours && theirs);
  EXPECT_EQ(ours->enctype, 20);
  EXPECT_EQ(theirs->enctype, 20);
  EXPECT_EQ(ours->subkey.size(), 32u);
  EXPECT_TRUE(std::ranges::equal(ours->subkey.view(), theirs->subkey.view()));
  const auto left = ours->expires.since_boot - BootNow().since_boot;
  EXPECT_GT(left, 59min);
  EXPECT_LE(left, 61min);
}

TEST_F(HandshakeTest, GivesEachContextAFreshKey) {
  auto once = [this] {
    auto initiation = Begin(server_);
    auto acceptance = Accept(initiation->token());
    return acceptance->Export().value().subkey.Clone();
  };
  const Secret first = once(), second = once();
  EXPECT_FALSE(std::ranges::equal(first.view(), second.view()));
}

TEST_F(HandshakeTest, CarriesASealedVerdict) {
  auto initiation = Begin(server_);
  auto acceptance = Accept(initiation->token());
  ASSERT_TRUE(acceptance);
  auto sealed = acceptance->Wrap(AsBytes("not allowed"));
  ASSERT_TRUE(sealed);
  ASSERT_TRUE(initiation->Finish(acceptance->reply()));
  auto said = initiation->Unwrap(*sealed);
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(AsText(*said), "not allowed");
  sealed->back() ^= 1;
  EXPECT_FALSE(initiation->Unwrap(*sealed));
}

TEST_F(HandshakeTest, RefusesOtherBindings) {
  auto initiation = Begin(server_);
  const Credential ours = store_->AcquireAcceptor(server_).value();
  auto acceptance = Acceptance::Accept(ours, initiation->token(), Bytes(32, 0xB2));
  ASSERT_FALSE(acceptance);
  EXPECT_NE(acceptance.error().message.find("channel bindings"), std::string::npos)
      << acceptance.error().message;
}

// MIT itself accepts an initiator that sends no bindings at all.
TEST_F(HandshakeTest, RefusesATokenWithoutBindings) {
  const Credential client = store_->AcquireInitiator(client_).value();
  gss_name_t target = test::MitName(server_);
  SecurityContext context;
  Buffer token;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_init_sec_context(
      &minor, client.get(), context.out(), target, const_cast<gss_OID>(gss_mech_krb5),
      kRequestFlags, 0, GSS_C_NO_CHANNEL_BINDINGS, nullptr, nullptr, token.out(), nullptr, nullptr);
  gss_release_name(&minor, &target);
  ASSERT_EQ(major, GSS_S_CONTINUE_NEEDED);
  auto acceptance = Accept(token.view());
  ASSERT_FALSE(acceptance);
  EXPECT_EQ(acceptance.error().message, "the token is not bound to this OPEN");
}

TEST_F(HandshakeTest, RefusesATokenThatWasUsedBefore) {
  auto initiation = Begin(server_);
  ASSERT_TRUE(Accept(initiation->token()));
  auto again = Accept(initiation->token());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("replayed token"), std::string::npos)
      << again.error().message;
}

// A few bits of AP-REQ are neither encrypted nor protected (types of names, unused options):
// CONFIRM protects them. Whatever is still accepted comes from the same principal.
TEST_F(HandshakeTest, TakesNoOtherPrincipalFromAlteredTokens) {
  auto initiation = Begin(server_);
  const Bytes token = initiation->token();
  int accepted = 0, tried = 0;
  for (std::size_t at = 0; at < token.size(); at += 7) {
    Bytes altered = token;
    altered[at] ^= 0x10;
    auto acceptance = Accept(altered);
    ++tried;
    if (!acceptance) continue;
    ++accepted;
    EXPECT_EQ(acceptance->initiator(), client_) << at;
    EXPECT_EQ(acceptance->acceptor(), server_) << at;
  }
  EXPECT_LE(accepted, tried / 20);
}

TEST_F(HandshakeTest, RefusesAnAlteredReply) {
  auto initiation = Begin(server_);
  auto acceptance = Accept(initiation->token());
  ASSERT_TRUE(acceptance) << acceptance.error().message;
  Bytes altered = acceptance->reply();
  altered[altered.size() / 2] ^= 1;
  EXPECT_FALSE(initiation->Finish(altered));
}

TEST_F(HandshakeTest, SaysThatTheKeytabHasNoSuchPrincipal) {
  store_ = std::make_unique<CredentialStore>(
      CredentialStore::Keytabs{realm_.Keytab("other", {client_}), keytab_});
  EXPECT_NE(AcceptError().find("wrong keytab"), std::string::npos) << AcceptError();
  auto ours = store_->AcquireInitiator(realm_.At("nobody"));
  ASSERT_FALSE(ours);
  EXPECT_NE(ours.error().message.find("wrong keytab"), std::string::npos) << ours.error().message;
}

TEST_F(HandshakeTest, SaysThatThereIsNoKeytab) {
  store_ = std::make_unique<CredentialStore>(CredentialStore::Keytabs{"/nonexistent", keytab_});
  EXPECT_NE(AcceptError().find("/nonexistent"), std::string::npos) << AcceptError();
}

TEST_F(HandshakeTest, SaysThatTheAcceptorsKeytabIsOld) {
  realm_.Admin({"cpw -randkey " + server_});
  EXPECT_NE(AcceptError().find("wrong keytab"), std::string::npos) << AcceptError();
}

TEST_F(HandshakeTest, SaysThatTheInitiatorsKeytabIsOld) {
  realm_.Admin({"cpw -randkey " + client_});
  EXPECT_NE(AcceptError().find("wrong keytab"), std::string::npos) << AcceptError();
}

TEST_F(HandshakeTest, SaysThatAPrincipalIsUnknown) {
  auto initiation = Begin(realm_.At("dns/nobody"));
  ASSERT_FALSE(initiation);
  EXPECT_NE(initiation.error().message.find("unknown principal"), std::string::npos)
      << initiation.error().message;
  realm_.Admin({"delprinc -force " + client_});
  store_->SetKeytabs({keytab_, keytab_});
  EXPECT_NE(AcceptError().find("unknown principal"), std::string::npos) << AcceptError();
}

TEST_F(HandshakeTest, SaysThatNoKdcAnswers) {
  realm_.StopKdc();
  const std::string error = AcceptError();
  EXPECT_NE(error.find("unreachable KDC"), std::string::npos) << error;
  EXPECT_NE(error.find(realm_.name()), std::string::npos) << error;
}

TEST_F(HandshakeTest, SaysThatTheTicketIsExpired) {
  auto initiation = Begin(server_);
  const ClockOffset later(2h);
  auto acceptance = Accept(initiation->token());
  ASSERT_FALSE(acceptance);
  EXPECT_NE(acceptance.error().message.find("expired ticket"), std::string::npos)
      << acceptance.error().message;
}

TEST_F(HandshakeTest, SaysThatTheClocksDiffer) {
  auto initiation = Begin(server_);
  {
    const ClockOffset later(10min);
    auto acceptance = Accept(initiation->token());
    ASSERT_FALSE(acceptance);
    EXPECT_NE(acceptance.error().message.find("clock skew"), std::string::npos)
        << acceptance.error().message;
  }
  store_->SetKeytabs({keytab_, keytab_});
  const ClockOffset ahead(20min);
  const std::string error = AcceptError();
  EXPECT_NE(error.find("clock skew"), std::string::npos) << error;
}

TEST_F(HandshakeTest, RenewsTicketsAtHalfTheirLife) {
  ASSERT_TRUE(store_->AcquireInitiator(client_));
  const auto first_end = store_->TicketEnd(client_);
  ASSERT_TRUE(first_end);
  // A ticket past half of its life with a KDC clock 4 minutes slow is still within what Kerberos
  // allows; a short life makes the ticket look old.
  store_.reset();
  realm_.Admin({"modprinc -maxlife \"6 minutes\" " + client_});
  store_ = std::make_unique<CredentialStore>(CredentialStore::Keytabs{keytab_, keytab_});
  ASSERT_TRUE(store_->AcquireInitiator(client_));
  const auto short_end = store_->TicketEnd(client_);
  realm_.Admin({"modprinc -maxlife \"1 hour\" " + client_});
  const ClockOffset later(4min);
  ASSERT_TRUE(store_->AcquireInitiator(client_));
  EXPECT_GT(*store_->TicketEnd(client_), *short_end + 600);
}

TEST_F(HandshakeTest, HoldsOnToAGoodTicketWhileTheKdcIsAway) {
  ASSERT_TRUE(Begin(server_));
  realm_.StopKdc();
  EXPECT_EQ(AcceptError(), "accepted");
}

TEST_F(HandshakeTest, DoubtedTicketsAreGotAnew) {
  EXPECT_EQ(AcceptError(), "accepted");
  realm_.Admin({"cpw -randkey " + server_});
  std::filesystem::remove(keytab_);
  realm_.Keytab("keytab", {client_, server_});
  EXPECT_NE(AcceptError().find("wrong keytab"), std::string::npos);
  store_->Doubt(client_, ::funnel::Now());
  EXPECT_EQ(AcceptError(), "accepted");
}

TEST_F(HandshakeTest, DoubtCostsNoTicketWhileTheKdcIsAway) {
  EXPECT_EQ(AcceptError(), "accepted");
  realm_.StopKdc();
  store_->Doubt(client_, ::funnel::Now());
  EXPECT_EQ(AcceptError(), "accepted");
}

TEST_F(HandshakeTest, DoubtAsksTheKdcOnceWithinItsInterval) {
  EXPECT_EQ(AcceptError(), "accepted");
  const TimePoint now = ::funnel::Now();
  store_->Doubt(client_, now);
  EXPECT_EQ(AcceptError(), "accepted");
  realm_.Admin({"cpw -randkey " + server_});
  std::filesystem::remove(keytab_);
  realm_.Keytab("keytab", {client_, server_});
  store_->Doubt(client_, now + CredentialStore::kDoubtInterval - 1ms);
  EXPECT_NE(AcceptError().find("wrong keytab"), std::string::npos);
  store_->Doubt(client_, now + CredentialStore::kDoubtInterval);
  EXPECT_EQ(AcceptError(), "accepted");
}

TEST_F(HandshakeTest, AcceptsForAnyIdentityWhereAsked) {
  auto initiation = Begin(server_);
  const Credential any = store_->AcquireAnyAcceptor().value();
  auto acceptance = Acceptance::Accept(any, initiation->token(), bindings_);
  ASSERT_TRUE(acceptance) << acceptance.error().message;
  EXPECT_EQ(acceptance->acceptor(), server_);
}

TEST_F(HandshakeTest, ListsThePrincipalsOfAKeytab) {
  EXPECT_EQ(PrincipalsInKeytab(keytab_).value(), (std::set<std::string>{client_, server_}));
  EXPECT_FALSE(PrincipalsInKeytab("/nonexistent"));
}

}  // namespace
}  // namespace funnel::gss
