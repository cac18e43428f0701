// How the imap module classifies commands and responses.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/modules/imap_verdicts.h"

namespace funnel::module {
namespace {

TEST(Imap, LetsUidFetchOvertakeByItsTag) {
  EXPECT_EQ(Keys(OfClient("a1 UID FETCH 5 BODY.PEEK[]\r\n")), "tag");
  EXPECT_EQ(Keys(OfClient("a1 uid fetch 5,7:9 (UID RFC822.SIZE ENVELOPE)\r\n")), "tag");
  EXPECT_EQ(Keys(OfClient(
                "a UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (DATE TO)]<0.100> BODYSTRUCTURE)\r\n")),
            "tag");
  EXPECT_EQ(Keys(OfClient("a1 UID FETCH 5 (UID FLAGS)\r\n")), "tag flags-r");
  EXPECT_EQ(Keys(OfClient("a1 UID FETCH 5 FULL\r\n")), "tag flags-r");
  EXPECT_EQ(Keys(OfClient("a1 UID FETCH 5 BODY[TEXT]\r\n")), "tag flags");
  EXPECT_EQ(Keys(OfClient("a1 UID FETCH 5 (FLAGS RFC822)\r\n")), "tag flags");
  EXPECT_EQ(OfClient("a1 UID FETCH 5 BODY.PEEK[]\r\na2 ").length, 28u);
}

TEST(Imap, TakesOtherCommandsForBarriers) {
  for (const char* command :
       {"a1 FETCH 5 BODY.PEEK[]\r\n", "a1 SELECT INBOX\r\n", "a1 NOOP\r\n",
        "a1 UID STORE 5 FLAGS ()\r\n", "a1 UID FETCH 5 (FLAGS) (CHANGEDSINCE 7)\r\n",
        "a1 UID FETCH 5 (MODSEQ)\r\n", "a1 UID FETCH 5 (FLAGS \r\n",
        "a1 UID FETCH 5 X-SOMETHING\r\n", "a1 UID FETCH 5 FLAGS UID\r\n",
        "a1 UID FETCH 5 BODY.PEEK[\r\n", "a1 UID FETCH 5 ()\r\n", "a1 UID FETCH\r\n", "a1 UID\r\n",
        "a1 XLIST \"\" \"*\"\r\n"}) {
    EXPECT_TRUE(IsBarrier(OfClient(command))) << command;
    EXPECT_EQ(OfClient(command).length, std::string_view(command).size());
  }
}

TEST(Imap, ReadsLiteralsOfCommands) {
  Imap imap;
  EXPECT_TRUE(IsBarrier(imap.Client("a1 APPEND INBOX (\\Seen) {12}\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Server("+ go on\r\n")));
  const funnel_verdict literal = imap.Client("a2 NOOP\r\nabc");
  EXPECT_TRUE(IsBarrier(literal));
  EXPECT_EQ(literal.length, 12u);
  EXPECT_TRUE(IsBarrier(imap.Client(" ~{3+}\r\n")));
  EXPECT_EQ(imap.Client("\0\r\n").length, 3u);
  EXPECT_EQ(imap.Client("\r\n").length, 2u);
  // Commands that fetch follow it.
  EXPECT_EQ(Keys(imap.Client("a2 UID FETCH 5 UID\r\n")), "tag");
}

TEST(Imap, GoesOnWithoutALiteralThatWasRefused) {
  Imap imap;
  (void)imap.Client("a1 APPEND INBOX {300000}\r\n");
  (void)imap.Server("a1 NO [TOOBIG] no room\r\n");
  EXPECT_EQ(Keys(imap.Client("a2 UID FETCH 5 UID\r\n")), "tag");
  // If the client did not wait with a literal it comes in any case; an answer to other commands
  // does not concern it.
  (void)imap.Client("a3 APPEND INBOX {3+}\r\n");
  (void)imap.Server("a3 NO [TOOBIG] no room\r\n");
  EXPECT_EQ(imap.Client("abc\r\n").length, 3u);
  (void)imap.Client("\r\n");
  (void)imap.Client("a4 LOGIN {3}\r\n");
  (void)imap.Server("a2 OK done\r\n");
  EXPECT_EQ(imap.Client("abc").length, 3u);
}

TEST(Imap, LetsDataOfMessagesOvertake) {
  EXPECT_EQ(Keys(OfServer("* 3 FETCH (UID 40 FLAGS (\\Seen))\r\n")), "#3 uid40");
  EXPECT_EQ(Keys(OfServer("* 3 FETCH (FLAGS ())\r\n")), "#3");
  EXPECT_EQ(Keys(OfServer("* 3 FETCH (UID 40 MODSEQ (77))\r\n")), "#3 uid40 modseq");
  const std::string text =
      "* 3 FETCH (UID 40 BODY[HEADER.FIELDS (\"UID\")] {8}\r\nUID 5)\r\n FLAGS ())\r\n";
  const funnel_verdict data = OfServer(text + "* 4 FETCH");
  EXPECT_EQ(Keys(data), "#3 uid40");
  EXPECT_EQ(data.length, text.size());
  EXPECT_EQ(data.more, 0u);
  EXPECT_EQ(std::string_view(data.label), "data of message");
  EXPECT_EQ(data.number, 3u);
  // Strings and lists that look like it are not it.
  EXPECT_EQ(Keys(OfServer("* 3 FETCH (ENVELOPE (\"UID 7\" (\"a\\\" UID 8\" ((NIL)))) UID 40)\r\n")),
            "#3 uid40");
  EXPECT_EQ(Keys(OfServer("* 3 FETCH (BODY[] {9}\r\n) UID 9 ( UID 40)\r\n")), "#3 uid40");
}

TEST(Imap, TakesOtherResponsesForBarriers) {
  for (const char* response :
       {"* OK [CAPABILITY IMAP4rev1] ready {5}\r\n", "* 23 EXISTS\r\n", "* 5 EXPUNGE\r\n",
        "* VANISHED 40\r\n", "* SEARCH 1 2 3\r\n", "* 1 RECENT\r\n", "+ \r\n", "+\r\n",
        "* BYE so long\r\n", "* 3 FETCH 7\r\n", "a1 OK done {7}\r\n", "a7 BAD what\r\n"}) {
    EXPECT_TRUE(IsBarrier(OfServer(response))) << response;
    EXPECT_EQ(OfServer(response).length, std::string_view(response).size());
    EXPECT_EQ(OfServer(response).more, 0u);
  }
}

TEST(Imap, PutsTheResultBehindItsData) {
  Imap imap;
  (void)imap.Client("a1 UID FETCH 40 UID\r\n");
  (void)imap.Client("a2 UID FETCH 41,43 UID\r\n");
  (void)imap.Client("a3 UID FETCH 1:* UID\r\n");
  (void)imap.Client("a4 UID FETCH 1,2,3,4,5 UID\r\n");
  (void)imap.Client("a5 UID FETCH 1 UID\r\n");
  (void)imap.Client("a6 UID FETCH 1 MODSEQ\r\n");
  EXPECT_EQ(Keys(imap.Server("a2 OK done\r\n")), "tag uid41 uid43");
  EXPECT_EQ(Keys(imap.Server("a1 NO gone\r\n")), "tag uid40");
  EXPECT_TRUE(IsBarrier(imap.Server("a1 OK again\r\n")));
  for (const char* many : {"a3 OK done\r\n", "a4 OK done\r\n"})
    EXPECT_EQ(imap.Server(many).order, std::uint32_t{FUNNEL_AFTER_ALL}) << many;
  EXPECT_TRUE(IsBarrier(imap.Server("a5 OK [EXPUNGEISSUED] done\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Server("a6 OK done\r\n")));
}

TEST(Imap, ForgetsAFetchWhoseTagIsUsedAgain) {
  Imap imap;
  (void)imap.Client("a1 UID FETCH 40 UID\r\n");
  (void)imap.Client("a1 NOOP\r\n");
  EXPECT_TRUE(IsBarrier(imap.Server("a1 OK done\r\n")));
}

TEST(Imap, PassesOnDataInPartsOfOneMessage) {
  const std::string head = "* 3 FETCH (UID 40 BODY[] {100000}\r\n";
  Imap imap;
  funnel_verdict part = imap.Server(head + "abc");
  EXPECT_EQ(Keys(part), "#3 uid40");
  EXPECT_EQ(part.length, head.size() + 100000);
  EXPECT_EQ(part.more, 1u);
  EXPECT_EQ(imap.Server(")").kind, std::uint32_t{FUNNEL_NEED_MORE});
  part = imap.Server(" BODY[2] {4}\r\nab");
  EXPECT_EQ(part.length, 18u);
  EXPECT_EQ(part.more, 1u);
  part = imap.Server(")\r\n* 4 FETCH (");
  EXPECT_EQ(part.length, 3u);
  EXPECT_EQ(part.more, 0u);
  EXPECT_EQ(Keys(imap.Server("* 4 FETCH (UID 41)\r\n")), "#4 uid41");

  // Which message it is about, or its mod-sequence, may follow after the literal.
  EXPECT_TRUE(IsBarrier(OfServer("* 3 FETCH (BODY[] {100000}\r\n")));
  EXPECT_TRUE(IsBarrier(OfServer("* 3 FETCH (ENVELOPE (\"UID 40\" {100000}\r\n")));
  (void)imap.Client("a1 ENABLE CondStore\r\n");
  EXPECT_EQ(Keys(imap.Server(head)), "#3 uid40 modseq");
}

TEST(Imap, PassesOnLongLinesInParts) {
  Imap imap;
  const std::string numbers(::funnel_module.head_max, '7');
  funnel_verdict part = imap.Server("* SEARCH " + numbers);
  EXPECT_TRUE(IsBarrier(part));
  EXPECT_EQ(part.more, 1u);
  EXPECT_EQ(part.length, 9 + numbers.size() - 24);
  // The announcement of a literal may be cut.
  EXPECT_EQ(imap.Server(numbers.substr(0, 24)).kind, std::uint32_t{FUNNEL_NEED_MORE});
  part = imap.Server(numbers.substr(0, 20) + "{7}\r\n");
  EXPECT_EQ(part.length, 20 + 5 + 7u);
  EXPECT_EQ(part.more, 1u);
  EXPECT_EQ(imap.Server("\r\n").more, 0u);

  part = imap.Client("a1 UID FETCH " + numbers);
  EXPECT_TRUE(IsBarrier(part));
  EXPECT_EQ(part.more, 1u);
  part = imap.Client(numbers.substr(0, 24) + " UID\r\n");
  EXPECT_EQ(part.length, 30u);
  EXPECT_EQ(part.more, 0u);
  EXPECT_TRUE(IsBarrier(imap.Server("a1 OK done\r\n")));
  EXPECT_EQ(Keys(imap.Client("a2 UID FETCH 5 UID\r\n")), "tag");
}

TEST(Imap, BecomesAStreamWhereSomethingElseBegins) {
  for (const std::string command : {"STARTTLS", "COMPRESS DEFLATE"}) {
    Imap imap;
    (void)imap.Client("a1 " + command + "\r\n");
    EXPECT_TRUE(IsMessage(imap.Server("* OK wait\r\n")));
    EXPECT_TRUE(IsBarrier(imap.Server("a1 OK begin\r\n")));
    EXPECT_TRUE(IsStream(imap.Client("\x16\x03\x01")));
    EXPECT_TRUE(IsStream(imap.Server("\x16\x03\x03")));

    Imap refused;
    (void)refused.Client("a1 " + command + "\r\n");
    (void)refused.Server("a1 NO not now\r\n");
    EXPECT_TRUE(IsMessage(refused.Client("a2 NOOP\r\n")));
    (void)refused.Server("a1 OK what\r\n");
    EXPECT_TRUE(IsMismatch(refused.Client("\x16\x03\x01")));
  }
}

TEST(Imap, TakesALayerBehindSaslForAStream) {
  const std::string layer("\0\0\0\x20", 4);
  Imap imap;
  EXPECT_TRUE(IsBarrier(imap.Client("a1 AUTHENTICATE GSSAPI\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Server("+ \r\n")));
  EXPECT_TRUE(IsBarrier(imap.Client("YIIF+/8=\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Client("\r\n")));
  const funnel_verdict part = imap.Client(std::string(20000, 'A'));
  EXPECT_EQ(part.more, 1u);
  EXPECT_EQ(imap.Client(std::string(24, 'A') + "=\r\n").length, 27u);
  EXPECT_TRUE(IsBarrier(imap.Client("*\r\n")));
  (void)imap.Server("a1 NO ended\r\n");
  EXPECT_TRUE(IsMismatch(Imap().Client("YIIF+/8=\r\n")));

  (void)imap.Client("a2 AUTHENTICATE GSSAPI\r\n");
  (void)imap.Server("a2 OK in\r\n");
  EXPECT_TRUE(IsMessage(imap.Client("a3 APPEND INBOX {4+}\r\n")));
  EXPECT_EQ(imap.Client(layer).length, 4u);  // a literal may begin with anything
  EXPECT_TRUE(IsMessage(imap.Client("\r\n")));
  EXPECT_TRUE(IsStream(imap.Client(layer)));
  EXPECT_TRUE(IsStream(imap.Server(layer)));
}

TEST(Imap, ReadsTheEndOfIdling) {
  Imap imap;
  EXPECT_TRUE(IsMismatch(Imap().Client("DONE\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Client("a1 IDLE\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Server("+ idling\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Server("* 4 EXISTS\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Client("done\r\n")));
  EXPECT_TRUE(IsBarrier(imap.Server("a1 OK Idle completed\r\n")));
}

TEST(Imap, AsksForMoreUntilTheLineIsThere) {
  for (const std::string whole :
       {"a1 UID FETCH 5 BODY.PEEK[]\r\n", "a1 LOGIN {5}\r\n", "a2 NOOP\r\n"})
    for (std::size_t size = 1; size < whole.size(); ++size)
      ASSERT_EQ(OfClient(whole.substr(0, size)).kind, std::uint32_t{FUNNEL_NEED_MORE}) << size;
  for (const std::string whole : {"* 3 FETCH (UID 40 BODY[] {5}\r\n", "+ go\r\n", "a1 OK done\r\n"})
    for (std::size_t size = 1; size < whole.size(); ++size)
      ASSERT_EQ(OfServer(whole.substr(0, size)).kind, std::uint32_t{FUNNEL_NEED_MORE}) << size;
}

TEST(Imap, RefusesWhatIsNotImap) {
  for (const std::string wrong :
       {"GET / HTTP/1.1\r\n", "\x16\x03\x01", " NOOP\r\n", "NOOP\r\n", "a(1 NOOP\r\n",
        "a1 NO(OP\r\n", "\r\n", "* NOOP\r\n", "a1 NOOP\n", "a1 NOOP\rx\r\n", "+ NOOP\r\n"})
    EXPECT_TRUE(IsMismatch(OfClient(wrong))) << wrong;
  for (const std::string wrong :
       {"HTTP/1.1 200 OK\r\n", "220 mail.test ESMTP\r\n", "+OK ready\r\n", "SSH-2.0-x\r\n",
        "*OK ready\r\n", "* (\r\n", "* 7 (\r\n", "a1 FETCH\r\n", "\x15\x03", "* OK a\nb\r\n"})
    EXPECT_TRUE(IsMismatch(OfServer(wrong))) << wrong;
  EXPECT_TRUE(IsMismatch(OfClient(std::string("a1 \0", 4))));
}

TEST(Imap, TakesNoLengthThatCannotBe) {
  // These announce nothing: the lines end there.
  for (const char* end : {"{}", "{1234567890123}", "{-1}", "{5", "{5++}"}) {
    Imap imap;
    (void)imap.Client("a1 LOGIN " + std::string(end) + "\r\n");
    EXPECT_EQ(Keys(imap.Client("a2 UID FETCH 5 UID\r\n")), "tag") << end;
  }
  EXPECT_EQ(OfServer("* 3 FETCH (BODY[] {999999999999}\r\n").length, 34 + 999999999999u);
}

}  // namespace
}  // namespace funnel::module
