// How the http2 module classifies frames.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/modules/http2_frames.h"
#include "tests/unit/modules/module_under_test.h"

namespace funnel::module::http2 {
namespace {

constexpr std::uint32_t kMessage = FUNNEL_MESSAGE;

// A connection on which both ends have sent what must come first.
class Begun {
 public:
  explicit Begun(funnel_end end, const Bytes& of_server = Settings(),
                 const Bytes& of_client = Settings())
      : module({}, end) {
    EXPECT_EQ(module.Read(FUNNEL_CLIENT, Preface()).order, std::uint32_t{FUNNEL_BARRIER});
    EXPECT_EQ(module.Read(FUNNEL_CLIENT, of_client).order, std::uint32_t{FUNNEL_BARRIER});
    EXPECT_EQ(module.Read(FUNNEL_SERVER, of_server).order, std::uint32_t{FUNNEL_BARRIER});
  }
  funnel_verdict Client(const Bytes& bytes) { return module.Read(FUNNEL_CLIENT, bytes); }
  funnel_verdict Server(const Bytes& bytes) { return module.Read(FUNNEL_SERVER, bytes); }

  ModuleUnderTest module;
};

// The verdict on a frame of SENDER, on a connection that has begun.
funnel_verdict Verdict(funnel_end sender, const Bytes& bytes) {
  Begun begun(sender);
  return begun.module.Read(sender, bytes);
}

bool IsMismatch(funnel_end sender, const Bytes& bytes) {
  return Verdict(sender, bytes).kind == FUNNEL_MISMATCH;
}

// The modes of the keys, by their spaces: "e-" is exclusive in the first only.
std::string ModesOf(const funnel_verdict& verdict) {
  std::string modes = "--";
  for (const funnel_key& key : std::span(verdict.keys, verdict.key_count))
    modes.at(key.space - 1) = key.mode == FUNNEL_SHARED ? 's' : 'e';
  return modes;
}

Bytes Block(std::string_view block, std::uint32_t stream = 1, unsigned flags = kEndHeaders) {
  return Frame(kHeaders, flags, stream, block);
}

TEST(Http2, KeepsDataWithItsStream) {
  for (const funnel_end sender : {FUNNEL_CLIENT, FUNNEL_SERVER}) {
    const funnel_verdict verdict = Verdict(sender, Frame(kData, kEndStream, 7, 100));
    EXPECT_EQ(verdict.kind, kMessage);
    EXPECT_EQ(verdict.length, 109u);
    EXPECT_EQ(ModesOf(verdict), "e-");
    EXPECT_EQ(verdict.keys[0].value, 7u);
    EXPECT_EQ(std::string_view(verdict.label), "data");
    EXPECT_EQ(verdict.number, 7u);
  }
}

TEST(Http2, TellsWhatABlockDoesWithTheTable) {
  for (const auto& [block, modes] :
       std::vector<std::pair<std::string_view, std::string_view>>{{kStatic, "e-"},
                                                                  {kLiteral, "e-"},
                                                                  {kNewName, "e-"},
                                                                  {kInserts, "ee"},
                                                                  {kRefers, "es"},
                                                                  {kNameRefers, "es"},
                                                                  {"", "e-"}}) {
    EXPECT_EQ(ModesOf(Verdict(FUNNEL_SERVER, Block(block))), modes) << block;
    EXPECT_EQ(ModesOf(Verdict(FUNNEL_SERVER, Block(std::string(kStatic) + std::string(block)))),
              modes);
    const std::string padded = "\x02" + std::string(block) + "zz";
    EXPECT_EQ(ModesOf(Verdict(FUNNEL_SERVER, Block(padded, 1, kEndHeaders | kPadded))), modes);
    const std::string with_priority = "pppp1" + std::string(block);
    EXPECT_EQ(ModesOf(Verdict(FUNNEL_SERVER, Block(with_priority, 1, kEndHeaders | kWithPriority))),
              modes);
  }
}

TEST(Http2, ATableOfNoSizeTiesNoBlocks) {
  Begun begun(FUNNEL_SERVER);
  const std::string zero = std::string(kToZero) + std::string(kInserts);
  EXPECT_EQ(begun.Server(Block(zero)).order, std::uint32_t{FUNNEL_BARRIER});
  EXPECT_EQ(ModesOf(begun.Server(Block(kInserts, 3))), "e-");
  const std::string usual = std::string(kToUsual) + std::string(kInserts);
  EXPECT_EQ(begun.Server(Block(usual, 5)).order, std::uint32_t{FUNNEL_BARRIER});
  EXPECT_EQ(ModesOf(begun.Server(Block(kInserts, 7))), "ee");
}

TEST(Http2, OpensStreamsInOrder) {
  Begun begun(FUNNEL_CLIENT);
  EXPECT_EQ(ModesOf(begun.Client(Block(kStatic, 1))), "ee");
  EXPECT_EQ(ModesOf(begun.Client(Block(kStatic, 3))), "ee");
  // Trailers open no stream.
  EXPECT_EQ(ModesOf(begun.Client(Block(kStatic, 1))), "e-");
  EXPECT_EQ(ModesOf(begun.Client(Block(kRefers, 3))), "es");
}

TEST(Http2, PromisesComeInOrderAndBeforeWhatIsPromised) {
  Begun begun(FUNNEL_SERVER);
  using std::string_literals::operator""s;
  const funnel_verdict verdict =
      begun.Server(Frame(kPromise, kEndHeaders, 1, "\0\0\0\x04"s + std::string(kStatic)));
  ASSERT_EQ(verdict.key_count, 3u);
  EXPECT_EQ(verdict.keys[0].value, 1u);
  EXPECT_EQ(verdict.keys[1].value, 4u);
  EXPECT_EQ(verdict.keys[2].mode, std::uint32_t{FUNNEL_EXCLUSIVE});
  EXPECT_EQ(begun.Server(Block(kStatic, 4)).order, std::uint32_t{FUNNEL_AFTER_ALL});
}

TEST(Http2, WindowsAreSums) {
  EXPECT_EQ(ModesOf(Verdict(FUNNEL_CLIENT, Frame(kWindow, 0, 0, 4))), "--");
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, Frame(kWindow, 0, 0, 4)).order, std::uint32_t{FUNNEL_BY_KEYS});
  EXPECT_EQ(ModesOf(Verdict(FUNNEL_CLIENT, Frame(kWindow, 0, 5, 4))), "e-");
}

TEST(Http2, BarriersAndFlushes) {
  for (const funnel_end sender : {FUNNEL_CLIENT, FUNNEL_SERVER}) {
    for (const Bytes& frame :
         {Settings(), Frame(kSettings, kAck, 0), Frame(kGoaway, 0, 0, 8),
          Frame(kPriorityUpdate, 0, 0, 8), Frame(static_cast<Type>(77), 0, 9, 3)})
      EXPECT_EQ(Verdict(sender, frame).order, std::uint32_t{FUNNEL_BARRIER});
    EXPECT_EQ(Verdict(sender, Frame(kPing, 0, 0, 8)).order, std::uint32_t{FUNNEL_AFTER_ALL});
    EXPECT_EQ(Verdict(sender, Frame(kPing, kAck, 0, 8)).order, std::uint32_t{FUNNEL_AFTER_ALL});
  }
}

TEST(Http2, ABlockOfSeveralFramesIsOneUnitAndABarrier) {
  Begun begun(FUNNEL_SERVER);
  const funnel_verdict first = begun.Server(Block(kInserts, 1, kEndStream));
  EXPECT_EQ(first.order, std::uint32_t{FUNNEL_BARRIER});
  EXPECT_NE(first.more, 0u);
  EXPECT_NE(begun.Server(Frame(kContinuation, 0, 1, 5)).more, 0u);
  const funnel_verdict last = begun.Server(Frame(kContinuation, kEndHeaders, 1, 5));
  EXPECT_EQ(last.kind, kMessage);
  EXPECT_EQ(last.more, 0u);
  EXPECT_EQ(begun.Server(Frame(kContinuation, kEndHeaders, 1, 5)).kind,
            std::uint32_t{FUNNEL_MISMATCH});
}

TEST(Http2, NothingStandsBetweenTheFramesOfABlock) {
  for (const Bytes& frame : {Frame(kData, 0, 1, 1), Frame(kContinuation, 0, 3, 1), Settings(),
                             Frame(static_cast<Type>(77), 0, 1, 1)}) {
    Begun begun(FUNNEL_SERVER);
    ASSERT_EQ(begun.Server(Block(kInserts, 1, 0)).kind, kMessage);
    EXPECT_EQ(begun.Server(frame).kind, std::uint32_t{FUNNEL_MISMATCH});
  }
}

TEST(Http2, ABlockIsReadWholeAndNoMoreIsAskedFor) {
  const Bytes frame = Block(std::string(16384, '\x88'));
  EXPECT_EQ(frame.size(), ::funnel_module.head_max);
  Begun begun(FUNNEL_SERVER);
  for (const std::size_t size : {std::size_t{1}, std::size_t{8}, std::size_t{9}, frame.size() - 1})
    EXPECT_EQ(begun.module.Read(FUNNEL_SERVER, ByteView(frame).first(size)).kind,
              std::uint32_t{FUNNEL_NEED_MORE});
  EXPECT_EQ(begun.Server(frame).kind, kMessage);
  // Of the other end's frames only the length matters.
  Begun other(FUNNEL_CLIENT);
  EXPECT_EQ(other.module.Read(FUNNEL_SERVER, ByteView(frame).first(9)).length, frame.size());
}

TEST(Http2, LongFramesOnlyAfterTheOtherEndHasAllowedThem) {
  const Bytes data = Frame(kData, 0, 1, 16385), block = Block(std::string(16385, '\x88'));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, data));
  Begun begun(FUNNEL_SERVER, Settings(), Settings({{kMaxFrame, 20000}}));
  EXPECT_EQ(begun.Server(data).length, data.size());
  // It is longer than the module may ask for, so it is not read and becomes a barrier.
  EXPECT_EQ(begun.Server(block).order, std::uint32_t{FUNNEL_BARRIER});
  EXPECT_EQ(begun.Client(data).kind, std::uint32_t{FUNNEL_MISMATCH});
}

TEST(Http2, RefusesWhatIsNoPreface) {
  for (const std::string_view text :
       {"GET / HTTP/1.1\r\n", "\x16\x03\x01\x02", "PRI * HTTP/2.0\r\n\r\nSX"}) {
    ModuleUnderTest module;
    EXPECT_EQ(module.Read(FUNNEL_CLIENT, ByteWriter().Append(text).Release()).kind,
              std::uint32_t{FUNNEL_MISMATCH});
  }
  for (std::size_t size = 1; size < 24; ++size) {
    ModuleUnderTest module;
    EXPECT_EQ(module.Read(FUNNEL_CLIENT, ByteView(Preface()).first(size)).kind,
              std::uint32_t{FUNNEL_NEED_MORE});
  }
}

TEST(Http2, RefusesWhatDoesNotBeginWithSettings) {
  for (const Bytes& frame : {Frame(kSettings, kAck, 0), Frame(kWindow, 0, 0, 4), Block(kStatic),
                             ByteWriter().Append("HTTP/1.1 400 Bad Request\r\n").Release()}) {
    ModuleUnderTest module;
    EXPECT_EQ(module.Read(FUNNEL_CLIENT, Preface()).kind, kMessage);
    EXPECT_EQ(module.Read(FUNNEL_CLIENT, frame).kind, std::uint32_t{FUNNEL_MISMATCH});
    ModuleUnderTest other;
    EXPECT_EQ(other.Read(FUNNEL_SERVER, frame).kind, std::uint32_t{FUNNEL_MISMATCH});
  }
}

TEST(Http2, RefusesFramesThatAreNotOfTheirType) {
  for (const funnel_end sender : {FUNNEL_CLIENT, FUNNEL_SERVER}) {
    for (const Bytes& frame :
         {Frame(kData, 0, 0, 5), Block(kStatic, 0), Frame(kSettings, 0, 1, 6),
          Frame(kPing, 0, 1, 8), Frame(kGoaway, 0, 1, 8), Frame(kReset, 0, 0, 4),
          Frame(kPriority, 0, 0, 5), Frame(kPriority, 0, 1, 4), Frame(kReset, 0, 1, 5),
          Frame(kSettings, 0, 0, 5), Frame(kSettings, kAck, 0, 6), Frame(kPing, 0, 0, 7),
          Frame(kGoaway, 0, 0, 7), Frame(kWindow, 0, 1, 5), Frame(kContinuation, 4, 1, 5),
          Settings({{kMaxFrame, 16383}}), Settings({{kMaxFrame, 1 << 24}})})
      EXPECT_TRUE(IsMismatch(sender, frame));
  }
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Frame(kPromise, kEndHeaders, 1, 4)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Frame(kData, 0, 2, 5)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Block(kStatic, 2)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Frame(kPromise, kEndHeaders, 1, 3)));
}

TEST(Http2, RefusesBlocksThatAreCutOrBroken) {
  using std::string_literals::operator""s;
  for (const std::string& block :
       {"\x80"s, "\xff"s, "\x40"s,
        "\x40\x05"
        "abc"s,
        "\x0f"s, "\x7f\xff\xff\xff\xff\xff\x01"s, "\xff\xff\xff\xff\xff\x7f"s,
        "\x00\x7f\xff\xff\xff\xff\x0f"s, "\x88\x20"s, "\x3f\xff"s})
    EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Block(block)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Block("", 1, kEndHeaders | kPadded)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Block("\x05\x88", 1, kEndHeaders | kPadded)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Block("\x88\x88", 1, kEndHeaders | kWithPriority)));
}

// --- how many streams the server may count

bool OpensAfterAll(Begun& begun, std::uint32_t stream, unsigned flags = kEndHeaders) {
  return begun.Client(Block(kStatic, stream, flags)).order == FUNNEL_AFTER_ALL;
}

TEST(Http2Streams, OneThatCouldBeOneTooManyComesAfterAll) {
  Begun begun(FUNNEL_CLIENT, Settings({{kMaxStreams, 3}}));
  for (const std::uint32_t stream : {1, 3}) EXPECT_FALSE(OpensAfterAll(begun, stream));
  // The client has closed it; the frame that reports this to the server is on its way.
  (void)begun.Client(Frame(kReset, 0, 3, 4));
  EXPECT_FALSE(OpensAfterAll(begun, 5));
  (void)begun.Client(Frame(kReset, 0, 5, 4));
  EXPECT_TRUE(OpensAfterAll(begun, 7));
  EXPECT_FALSE(OpensAfterAll(begun, 9));
}

TEST(Http2Streams, ThoseThatTheServerHasSeenEndDoNotCount) {
  Begun begun(FUNNEL_CLIENT, Settings({{kMaxStreams, 2}}));
  for (std::uint32_t stream = 1; stream < 1000; stream += 2) {
    EXPECT_FALSE(OpensAfterAll(begun, stream, kEndHeaders | kEndStream));
    (void)begun.Server(Block(kStatic, stream));
    (void)begun.Server(Frame(kData, kEndStream, stream, 5));
  }
}

TEST(Http2Streams, AnEndBehindTheHeadersIsOnItsWayUntilSomethingComesAfterAll) {
  Begun begun(FUNNEL_CLIENT, Settings({{kMaxStreams, 2}}));
  EXPECT_FALSE(OpensAfterAll(begun, 1));
  (void)begun.Client(Frame(kData, kEndStream, 1, 5));
  (void)begun.Server(Block(kStatic, 1, kEndHeaders | kEndStream));
  EXPECT_FALSE(OpensAfterAll(begun, 3));
  EXPECT_TRUE(OpensAfterAll(begun, 5));
  (void)begun.Client(Frame(kSettings, kAck, 0));
  (void)begun.Server(Frame(kReset, 0, 3, 4));
  EXPECT_FALSE(OpensAfterAll(begun, 7));
}

TEST(Http2Streams, BeforeTheServerHasSaidItMayTakeAHundred) {
  ModuleUnderTest client;
  (void)client.Read(FUNNEL_CLIENT, Preface());
  (void)client.Read(FUNNEL_CLIENT, Settings());
  for (std::uint32_t stream = 1; stream <= 203; stream += 2)
    EXPECT_EQ(client.Read(FUNNEL_CLIENT, Block(kStatic, stream)).order == FUNNEL_AFTER_ALL,
              stream > 200);
  (void)client.Read(FUNNEL_SERVER, Settings());
  EXPECT_EQ(client.Read(FUNNEL_CLIENT, Block(kStatic, 205)).order, std::uint32_t{FUNNEL_BY_KEYS});
}

TEST(Http2Streams, MoreThanTheTableHoldsComeAfterAll) {
  Begun begun(FUNNEL_CLIENT);
  for (std::uint32_t stream = 1; stream < 2 * 257; stream += 2)
    EXPECT_FALSE(OpensAfterAll(begun, stream));
  EXPECT_TRUE(OpensAfterAll(begun, 2 * 257 + 1));
}

}  // namespace
}  // namespace funnel::module::http2
