// How the xmpp module classifies streams and stanzas.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/modules/xmpp_streams.h"

namespace funnel::module {
namespace {

TEST(XmppStanzas, StayInOrderBetweenTwoServersEntities) {
  const std::uint64_t pair = PairOf(BetweenServers("<message from='a@x' to='b@y'>hi</message>"));
  EXPECT_NE(pair, 0u);
  EXPECT_EQ(PairOf(BetweenServers("<iq id='1' to=\"B@Y/home\" from = 'A@x/desk'/>")), pair);
  EXPECT_NE(PairOf(BetweenServers("<message from='c@x' to='b@y'/>")), pair);
  EXPECT_NE(PairOf(BetweenServers("<message from='a@x' to='c@y'/>")), pair);
  EXPECT_NE(PairOf(BetweenServers("<message from='b@y' to='a@x'/>")), pair);
  EXPECT_EQ(PairOf(XmppServers().Server("<presence from='a@x' to='b@y'/>")), pair);
}

TEST(XmppStanzas, OfAClientStayInOrderByTheOther) {
  const std::uint64_t to = PairOf(OfClient("<message to='b@y/home'/>"));
  EXPECT_NE(to, 0u);
  EXPECT_EQ(PairOf(OfClient("<iq from='a@x/desk' to='b@y'/>")), to);
  EXPECT_NE(PairOf(OfClient("<message to='c@y'/>")), to);
  const std::uint64_t from = PairOf(OfServer("<message from='b@y/home' to='a@x/desk'/>"));
  EXPECT_NE(from, 0u);
  EXPECT_EQ(PairOf(OfServer("<presence from='b@y' to='a@x'/>")), from);
  EXPECT_NE(PairOf(OfServer("<presence from='c@y' to='a@x'/>")), from);
}

TEST(XmppStanzas, AreBarriersWhereTheyConcernMoreThanTwo) {
  for (const char* stanza :
       {"<presence/>", "<iq to='y'/>", "<message to='y/res'/>", "<message from='a@x' to='a@x/2'/>",
        "<message to='d&apos;a@x'/>", "<message to='@x'/>", "<message to='b@'/>",
        "<message to='b@x.'/>", "<message to='\xc3\xa4@x'/>", "<message to='b c@x'/>",
        "<message from='\xc3\xa4@x' to='b@x'/>", "<message to='b@x' xmlns='other'/>",
        "<z:message to='b@x'/>", "<r to='b@x'/>"})
    EXPECT_TRUE(IsBarrier(OfClient(stanza))) << stanza;
  for (const char* stanza :
       {"<message from='b@y'/>", "<message to='a@x'/>", "<message from='x' to='a@x'/>",
        "<message from='A@x' to='a@X/desk'/>"}) {
    EXPECT_TRUE(IsBarrier(OfServer(stanza))) << stanza;
    EXPECT_TRUE(IsBarrier(XmppServers().Client(stanza))) << stanza;
  }
  EXPECT_TRUE(IsBarrier(Xmpp("jabber:component:accept").Client("<message from='a@x' to='b@y'/>")));
}

TEST(XmppStanzas, EndWhereTheirElementDoes) {
  for (const std::string stanza :
       {"<message to='b@y'/>", "<message to='b@y'></message>",
        "<message to='b@y'><body>a &lt; b</body><x/></message >",
        "<message to='b@y'><message to='c@y'></message></message>",
        "<message to='b@y' a='/>' b=\"'>\"><c d='/message>'/></message>",
        "<message to='b@y'><![CDATA[</message>]]</message>]]]></message>",
        "<message\tto='b@y'\r\n>\n</message\n>"}) {
    const funnel_verdict verdict = OfClient(stanza + "<iq");
    EXPECT_NE(PairOf(verdict), 0u) << stanza;
    EXPECT_EQ(verdict.length, stanza.size()) << stanza;
    EXPECT_EQ(verdict.more, 0u);
    EXPECT_EQ(std::string_view(verdict.label), "message");
    for (std::size_t size = 1; size < stanza.size(); ++size)
      ASSERT_EQ(OfClient(stanza.substr(0, size)).kind, std::uint32_t{FUNNEL_NEED_MORE}) << size;
  }
}

TEST(XmppStanzas, GoOnInPartsWhereTheyAreLong) {
  const std::string body(::funnel_module.head_max, 'x');
  Xmpp xmpp;
  funnel_verdict part = xmpp.Client("<message to='b@y'><body>" + body + "<");
  EXPECT_EQ(PairOf(part), PairOf(OfClient("<message to='b@y'/>")));
  EXPECT_EQ(part.length, 24 + body.size() + 1);
  EXPECT_EQ(part.more, 1u);
  part = xmpp.Client("/body><![CDATA[]");
  EXPECT_EQ(part.length, 16u);
  EXPECT_EQ(part.more, 1u);
  part = xmpp.Client("]></mess");
  EXPECT_EQ(part.more, 1u);
  part = xmpp.Client("age><iq/>");
  EXPECT_EQ(part.length, 4u);
  EXPECT_EQ(part.more, 0u);
  EXPECT_TRUE(IsBarrier(xmpp.Client("<iq/>")));
}

TEST(XmppStreams, BeginWithAHeaderEach) {
  ModuleUnderTest fresh;
  const std::string declaration = "<?xml version='1.0'?>";
  funnel_verdict verdict = fresh.Read(FUNNEL_CLIENT, AsBytes(declaration + Header()));
  EXPECT_TRUE(IsBarrier(verdict));
  EXPECT_EQ(verdict.length, declaration.size());
  EXPECT_EQ(fresh.Read(FUNNEL_CLIENT, AsBytes(Header() + "<iq/>")).length, Header().size());
  EXPECT_TRUE(IsBarrier(fresh.Read(FUNNEL_CLIENT, AsBytes("<iq/>"))));
  EXPECT_TRUE(IsMismatch(fresh.Read(FUNNEL_SERVER, AsBytes("<iq/>"))));

  // Again, after SASL; and the end.
  Xmpp xmpp;
  EXPECT_TRUE(IsBarrier(xmpp.Client(Header())));
  EXPECT_EQ(xmpp.Client("</stream:stream> ").length, 16u);
}

TEST(XmppStreams, HaveWhiteSpaceBetweenStanzas) {
  const funnel_verdict space = OfClient(" \n\t<iq");
  EXPECT_EQ(space.length, 3u);
  EXPECT_EQ(space.order, std::uint32_t{FUNNEL_BY_KEYS});
  EXPECT_EQ(space.key_count, 0u);
  EXPECT_TRUE(IsBarrier(ModuleUnderTest().Read(FUNNEL_CLIENT, AsBytes("\n<?xml"))));
}

TEST(XmppStreams, EndWhereSomethingElseBegins) {
  struct Change {
    std::string asked, refused, accepted;
  };
  for (const Change& change :
       {Change{"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<failure/>", "<proceed/>"},
        Change{"<compress xmlns='http://jabber.org/protocol/compress'/>", "<failure/>",
               "<compressed/>"}}) {
    Xmpp xmpp;
    EXPECT_TRUE(IsBarrier(xmpp.Client(change.asked)));
    EXPECT_TRUE(IsBarrier(xmpp.Server(change.refused)));
    EXPECT_TRUE(IsMessage(xmpp.Client("<iq/>")));
    EXPECT_TRUE(IsBarrier(xmpp.Server(change.accepted)));
    EXPECT_TRUE(IsStream(xmpp.Client("\x16\x03\x01")));
    EXPECT_TRUE(IsStream(xmpp.Server("\x16\x03\x03")));

    Xmpp unasked;
    (void)unasked.Server(change.accepted);
    EXPECT_TRUE(IsMessage(unasked.Client("<iq/>")));
  }
}

TEST(XmppStreams, MayHaveALayerBehindSasl) {
  const std::string layer("\0\0\0\x20", 4);
  Xmpp xmpp;
  EXPECT_TRUE(IsBarrier(xmpp.Client("<auth mechanism='GSSAPI'>YII=</auth>")));
  EXPECT_TRUE(IsMismatch(OfClient(layer)));
  EXPECT_TRUE(IsBarrier(xmpp.Server("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")));
  EXPECT_TRUE(IsBarrier(xmpp.Client(Header())));
  EXPECT_TRUE(IsStream(xmpp.Client(layer)));
  EXPECT_TRUE(IsStream(xmpp.Server(layer)));
}

TEST(XmppStreams, StayInOrderWhereStanzasAreCounted) {
  Xmpp features;
  (void)features.Server("<stream:features><sm xmlns='urn:xmpp:sm:3'/></stream:features>");
  EXPECT_NE(PairOf(features.Client("<message to='b@y'/>")), 0u);
  for (const char* element :
       {"<enable xmlns='urn:xmpp:sm:3'/>", "<resume xmlns='urn:xmpp:sm:3' h='7'/>",
        "<authenticate xmlns='urn:xmpp:sasl:2'><bind><enable "
        "xmlns='urn:xmpp:sm:3'/></bind></authenticate>"}) {
    Xmpp xmpp;
    EXPECT_TRUE(IsBarrier(xmpp.Client(element)));
    EXPECT_TRUE(IsStream(xmpp.Client("<message to='b@y'/>"))) << element;
    EXPECT_TRUE(IsStream(xmpp.Server("<message from='b@y' to='a@x'/>"))) << element;
  }
  // It may be in the part that was not seen.
  Xmpp cut;
  (void)cut.Client("<authenticate>" + std::string(::funnel_module.head_max, 'x'));
  EXPECT_TRUE(IsStream(cut.Client("</authenticate>")));
}

TEST(XmppStreams, RefuseWhatIsNone) {
  for (const std::string text :
       {"GET / HTTP/1.1\r\n", "\x16\x03\x01", "<html>", "<iq/>", "<?php", "<!DOCTYPE a>",
        "</stream:stream>", "<stream:stream xmlns='jabber:client'>", "<>", "< a>"})
    EXPECT_TRUE(IsMismatch(ModuleUnderTest().Read(FUNNEL_CLIENT, AsBytes(text)))) << text;
  EXPECT_TRUE(IsMismatch(ModuleUnderTest().Read(FUNNEL_CLIENT, AsBytes(Header("a", "/")))));
  for (const std::string text :
       {"text", "<!-- a -->", "<iq><!-- a --></iq>", "<iq><?a b?></iq>", "<iq><![CDATX[", "<iq <",
        "<iq a='<'/>", "<iq/a>", "<iq to/>", "<iq to='a@x' to='b@x'/>", "<iq to=a@x/>",
        "<iq to='a'from='b'/>", "<:/>", "<?xmx"})
    EXPECT_TRUE(IsMismatch(OfClient(text))) << text;
  EXPECT_TRUE(IsMismatch(OfClient("<?xml" + std::string(200, ' '))));
}

TEST(XmppStreams, RefuseWhatIsTooDeepOrHasTooLongATag) {
  std::string deep = "<iq>";
  for (int i = 0; i < 600; ++i) deep += "<a>";
  EXPECT_TRUE(IsMismatch(OfClient(deep)));
  EXPECT_TRUE(IsMismatch(OfClient("<iq a='" + std::string(::funnel_module.head_max, 'x'))));
}

}  // namespace
}  // namespace funnel::module
