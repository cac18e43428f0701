#include "common/wire/frame/open.h"

#include <gtest/gtest.h>

#include "common/wire/frame/hello.h"
#include "tests/unit/wire/frame/open_bodies.h"

namespace funnel::wire {
namespace {

TEST(OpenBody, ComesBackAsItWent) {
  auto open = OpenBody::Parse(SampleOpen().Serialize());
  ASSERT_TRUE(open);
  EXPECT_EQ(open->service, "dns");
  EXPECT_EQ(open->target, "ns.hoster.net");
  EXPECT_EQ(open->nonce, SampleOpen().nonce);
  EXPECT_EQ(open->hop_limit, kDefaultHopLimit);
  EXPECT_EQ(open->token, SampleOpen().token);
  EXPECT_TRUE(open->Offers(kProtocolVersion, kSuiteRfc4121));
  EXPECT_FALSE(open->Offers(2, kSuiteRfc4121));
}

TEST(OpenBody, RejectsEveryTruncation) {
  const Bytes body = SampleOpen().Serialize();
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(OpenBody::Parse(ByteView(body).first(size))) << size;
}

TEST(OpenBody, RejectsDuplicateFields) {
  EXPECT_FALSE(OpenBody::Parse(WithTlv(SampleOpen().Serialize(), 5, AsBytes("x"))));
  EXPECT_FALSE(OpenBody::Parse(
      WithTlv(WithTlv(SampleOpen().Serialize(), 200, AsBytes("x")), 200, AsBytes("x"))));
}

TEST(OpenBody, RejectsUnknownOddAndIgnoresUnknownEvenFields) {
  EXPECT_FALSE(OpenBody::Parse(WithTlv(SampleOpen().Serialize(), 201, AsBytes("x"))));
  EXPECT_FALSE(OpenBody::Parse(WithTlv(SampleOpen().Serialize(), 13, AsBytes("key share"))));
  EXPECT_TRUE(OpenBody::Parse(WithTlv(SampleOpen().Serialize(), 200, AsBytes("x"))));
}

TEST(OpenBody, RejectsNamesThatAreNone) {
  for (std::string name : {std::string(), std::string("a b"), std::string("a\nb"),
                           std::string("\xC3\xA4"), std::string(256, 'x')}) {
    OpenBody open = SampleOpen();
    open.service = name;
    EXPECT_FALSE(OpenBody::Parse(open.Serialize())) << name;
  }
}

TEST(OpenBody, RejectsFieldsOfWrongSize) {
  OpenBody none = SampleOpen();
  none.versions.clear();
  EXPECT_FALSE(OpenBody::Parse(none.Serialize()));
  OpenBody tokenless = SampleOpen();
  tokenless.token.clear();
  EXPECT_FALSE(OpenBody::Parse(tokenless.Serialize()));
}

TEST(Features, ComeBackInTheirShortestForm) {
  for (std::uint64_t bits : {1ull, 2ull, 0xFFull, 0x100ull, 1ull << 63}) {
    OpenBody open = SampleOpen();
    open.features = Features(bits);
    auto back = OpenBody::Parse(open.Serialize());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->features.bits(), bits);
  }
  EXPECT_EQ(Features(0x100).Serialize(), (Bytes{1, 0}));
  for (const Bytes& wrong : {Bytes{}, Bytes{0}, Bytes{0, 1}, Bytes(9, 1)})
    EXPECT_FALSE(OpenBody::Parse(WithTlv(SampleOpen().Serialize(), 30, wrong))) << wrong.size();
}

TEST(Features, AreWhatBothHave) {
  const Features ours{Feature::kDatagrams};
  const Features theirs = Features(1ull << 40).With(ours);
  EXPECT_EQ(ours.Common(theirs), ours);
  EXPECT_TRUE(theirs.Contains(ours));
  EXPECT_FALSE(ours.Contains(theirs));
  EXPECT_EQ(KindText(theirs), "datagrams (UDP)");
  EXPECT_EQ(KindText(Features(1ull << 40)), std::nullopt);
  EXPECT_EQ(KindText(kConnectionFeatures), "connections (TCP)");
  EXPECT_EQ(KindText(kTargetFeatures), "connections to targets (SOCKS)");
}

TEST(Features, EachHasOneBitAndOneName) {
  for (const FeatureRow& row : kFeatureTable) {
    EXPECT_FALSE(row.name.empty());
    for (const FeatureRow& other : kFeatureTable) {
      EXPECT_EQ(row.feature == other.feature, &row == &other);
      EXPECT_EQ(row.name == other.name, &row == &other);
    }
  }
  EXPECT_EQ(NamesOf(kDatagramFeatures), "datagrams openings");
  EXPECT_EQ(NamesOf(kConnectionFeatures.With(Features(1ull << 40))), "connections serving bit 40");
  EXPECT_EQ(NamesOf(kOurFeatures), "modules");
  EXPECT_EQ(NamesOf(kTargetFeatures), "connections serving targets");
  EXPECT_EQ(NamesOf({}), "none");
}

TEST(Features, OpeningsAreForDatagramsOnly) {
  EXPECT_TRUE(kDatagramFeatures.Has(Feature::kOpenings));
  EXPECT_FALSE(kConnectionFeatures.Has(Feature::kOpenings));
  EXPECT_EQ(kDatagramFeatures.Common(kConnectionFeatures).Common(kKinds), Features());
}

TEST(Feeds, ComeBackAndRejectTruncation) {
  OpenBody open = SampleOpen();
  open.fed_by = {{"a.example", "dns"}, {"b.example", "dns2"}};
  EXPECT_EQ(OpenBody::Parse(open.Serialize())->fed_by, open.fed_by);
  const Bytes value = SerializeFeeds(open.fed_by);
  for (std::size_t size = 0; size < value.size(); ++size)
    EXPECT_EQ(ParseFeeds(ByteView(value).first(size)).has_value(), size == 14) << size;
  EXPECT_FALSE(ParseFeeds(Bytes{1, ' ', 1, 'x'}));
  EXPECT_FALSE(ParseFeeds(Bytes{0, 1, 'x'}));
}

TEST(Feeds, AreCutToWhatAnOpenHolds) {
  const std::vector<Feed> many(40, {"node", "service"});
  EXPECT_EQ(ParseFeeds(SerializeFeeds(many))->size(), kMaxFeeds);
  const std::vector<Feed> longest(16, {std::string(255, 'n'), std::string(255, 's')});
  EXPECT_EQ(ParseFeeds(SerializeFeeds(longest))->size(), kMaxFeedsSize / 512);
  Bytes one_more = SerializeFeeds(many);
  const Bytes another = SerializeFeeds({{"node", "service"}});
  one_more.insert(one_more.end(), another.begin(), another.end());
  EXPECT_FALSE(ParseFeeds(one_more));
}

TEST(OpenedBody, ComesBackAndRejectsTruncation) {
  OpenedBody opened;
  opened.token = {5, 6};
  const Bytes body = opened.Serialize();
  auto back = OpenedBody::Parse(body);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->token, opened.token);
  EXPECT_EQ(back->suite, kSuiteRfc4121);
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(OpenedBody::Parse(ByteView(body).first(size)));
}

TEST(RefusedBody, WithoutVerdictIsCodeAndText) {
  RefusedBody refused{.code = RefusalCode::kBusy, .text = "busy"};
  const Bytes body = refused.Serialize();
  EXPECT_EQ(body, (Bytes{0, 2, 4, 'b', 'u', 's', 'y'}));
  auto back = RefusedBody::Parse(body);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->code, RefusalCode::kBusy);
  EXPECT_FALSE(back->has_verdict());
}

TEST(RefusedBody, CarriesAVerdictWithWhatOpensIt) {
  RefusedBody refused;
  refused.opened.token = {1};
  refused.verdict = {7, 7};
  auto back = RefusedBody::Parse(refused.Serialize());
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->has_verdict());
  EXPECT_EQ(back->opened.token, refused.opened.token);
  EXPECT_EQ(back->verdict, refused.verdict);
}

TEST(RefusedBody, CutsLongTextAndRejectsTruncation) {
  RefusedBody refused{.text = std::string(300, 'x')};
  EXPECT_EQ(RefusedBody::Parse(refused.Serialize())->text.size(), 255u);
  EXPECT_FALSE(RefusedBody::Parse(Bytes{0, 1, 5, 'x'}));
  EXPECT_FALSE(RefusedBody::Parse(Bytes{0, 1}));
}

TEST(Bindings, CoverEverythingButHopLimitAndToken) {
  const Bytes base = OpenBindingBytes(SampleOpen().Serialize());
  OpenBody other = SampleOpen();
  other.hop_limit = 1;
  other.token = {9};
  EXPECT_EQ(OpenBindingBytes(other.Serialize()), base);

  OpenBody changed = SampleOpen();
  changed.service = "dnt";
  EXPECT_NE(OpenBindingBytes(changed.Serialize()), base);
  changed = SampleOpen();
  changed.target = "ns.hoster.neu";
  EXPECT_NE(OpenBindingBytes(changed.Serialize()), base);
  changed = SampleOpen();
  changed.nonce[31] = 8;
  EXPECT_NE(OpenBindingBytes(changed.Serialize()), base);
  changed = SampleOpen();
  changed.versions = {1, 2};
  EXPECT_NE(OpenBindingBytes(changed.Serialize()), base);
  changed = SampleOpen();
  changed.suites = {2, 1};
  EXPECT_NE(OpenBindingBytes(changed.Serialize()), base);
  changed = SampleOpen();
  changed.features = {Feature::kDatagrams};
  EXPECT_NE(OpenBindingBytes(changed.Serialize()), base);
  // A field that is ignored is covered, too.
  EXPECT_NE(OpenBindingBytes(WithTlv(SampleOpen().Serialize(), 200, AsBytes("x"))), base);
}

TEST(Bindings, OfARekeyDependOnEpochAndSecret) {
  const Bytes base = RekeyBindingBytes(Epoch(3), AsBytes("secret"));
  EXPECT_NE(RekeyBindingBytes(Epoch(4), AsBytes("secret")), base);
  EXPECT_NE(RekeyBindingBytes(Epoch(3), AsBytes("secreu")), base);
}

TEST(Confirm, CoversAllButTheHopLimit) {
  const OpenedBody opened{.token = {1}};
  const Bytes base = ConfirmBytes(SampleOpen().Serialize(), opened.Serialize());
  OpenBody relayed = SampleOpen();
  relayed.hop_limit = 1;
  EXPECT_EQ(ConfirmBytes(relayed.Serialize(), opened.Serialize()), base);
  OpenBody altered = SampleOpen();
  altered.token = {1, 2, 4};
  EXPECT_NE(ConfirmBytes(altered.Serialize(), opened.Serialize()), base);
  EXPECT_NE(
      ConfirmBytes(SampleOpen().Serialize(), OpenedBody{.suite = 2, .token = {1}}.Serialize()),
      base);
}

TEST(Confirm, BytesCannotMoveBetweenItsTwoParts) {
  EXPECT_NE(RekeyConfirmBytes(Epoch(1), AsBytes("ab"), AsBytes("c")),
            RekeyConfirmBytes(Epoch(1), AsBytes("a"), AsBytes("bc")));
}

TEST(HopLimit, EveryRelayTakesOneOff) {
  auto once = WithOneHopLess(SampleOpen().Serialize());
  ASSERT_TRUE(once);
  EXPECT_EQ(OpenBody::Parse(*once)->hop_limit, kDefaultHopLimit - 1);
  EXPECT_EQ(OpenBindingBytes(*once), OpenBindingBytes(SampleOpen().Serialize()));
  OpenBody last = SampleOpen();
  last.hop_limit = 0;
  EXPECT_FALSE(WithOneHopLess(last.Serialize()));
}

TEST(HelloBody, ComesBackAndRejectsTruncation) {
  const HelloBody hello{.node = "a.example", .instance = 1ull << 60};
  const Bytes body = hello.Serialize();
  auto back = HelloBody::Parse(body);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->node, hello.node);
  EXPECT_EQ(back->instance, hello.instance);
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(HelloBody::Parse(ByteView(body).first(size)));
}

}  // namespace
}  // namespace funnel::wire
