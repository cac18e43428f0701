#include "common/wire/frame/record.h"

#include <gtest/gtest.h>

#include "common/wire/frame/sealed.h"

namespace funnel::wire {
namespace {

template <typename R>
R Back(const R& record) {
  Bytes raw;
  AppendRecord(raw, record);
  // Every truncation fails; the whole parses and leaves nothing.
  for (std::size_t size = 0; size < raw.size(); ++size) {
    ByteReader cut(ByteView(raw).first(size));
    EXPECT_FALSE(ParseRecord(cut)) << size;
  }
  static Bytes kept;  // views of the result point into this
  kept = raw;
  ByteReader reader(kept);
  auto parsed = ParseRecord(reader);
  EXPECT_TRUE(parsed);
  EXPECT_TRUE(reader.AtEnd());
  return std::get<R>(*parsed);
}

Result<Record> Parse(const Bytes& raw) {
  ByteReader reader(raw);
  return ParseRecord(reader);
}

Bytes Serialize(const MessageRecord& record) {
  Bytes raw(kMaxMessageHeader);
  raw.resize(static_cast<std::size_t>(StoreMessageHeader(raw.data(), record) - raw.data()));
  EXPECT_EQ(raw.size(), MessageHeaderSize(record));
  raw.insert(raw.end(), record.bytes.begin(), record.bytes.end());
  return raw;
}

TEST(Record, ControlRecordsComeBackAsTheyWent) {
  EXPECT_EQ(Back(CreditRecord{SessionId(300), 1 << 20}).limit, 1u << 20);
  EXPECT_EQ(Back(ChannelCreditRecord{kMaxVarint}).limit, kMaxVarint);
  EXPECT_EQ(Back(SessionsRecord{2048}).limit, 2048u);
  const auto reset = Back(ResetRecord{SessionId(5), EndCode::kReset, 70000});
  EXPECT_EQ(reset.code, EndCode::kReset);
  EXPECT_EQ(reset.final_charge, 70000u);
  EXPECT_EQ(Back(EndSessionRecord{SessionId(9)}).session, SessionId(9));
  EXPECT_EQ(Back(PingRecord{~0ull}).value, ~0ull);
  EXPECT_EQ(Back(PongRecord{1}).value, 1u);
  EXPECT_EQ(AsText(Back(RekeyRecord{AsBytes("token")}).token), "token");
  EXPECT_TRUE(Back(RekeyRecord{}).token.empty());
  EXPECT_EQ(Back(NewEpochRecord{100, 60}).reliable, 60u);
  EXPECT_EQ(Back(FarewellRecord{EndCode::kShutdown, "bye"}).text, "bye");
  EXPECT_EQ(AsText(Back(HelloRecord{AsBytes("tlvs")}).body), "tlvs");
  const Bytes hash(kConfirmSize, 3);
  EXPECT_EQ(Back(ConfirmRecord{hash}).hash.size(), kConfirmSize);
}

TEST(Record, OpenSessionCarriesAddresses) {
  const SessionInfo info{"192.0.2.1:53", "[2001:db8::1]:53"};
  EXPECT_EQ(Back(OpenSessionRecord{SessionId(1), info}).info, info);
  EXPECT_EQ(Back(OpenSessionRecord{SessionId(1), {}}).info, SessionInfo());
}

TEST(Record, OpenSessionRejectsDuplicateAndUnknownOddFields) {
  EXPECT_TRUE(Parse({3, 0, 3, 1, 1, 'x'}));
  EXPECT_FALSE(Parse({3, 0, 6, 1, 1, 'x', 1, 1, 'y'}));
  EXPECT_FALSE(Parse({3, 0, 3, 9, 1, 'x'}));
  EXPECT_TRUE(Parse({3, 0, 3, 4, 1, 'x'}));
}

TEST(Record, OpenSessionCarriesATarget) {
  for (const std::string& host :
       {std::string("a"), std::string("2001:db8::1"), std::string(253, 'a')}) {
    const SessionInfo info{"192.0.2.1:53", "", Target{host, 443}};
    EXPECT_EQ(Back(OpenSessionRecord{SessionId(1), info}).info, info);
  }
  EXPECT_TRUE(Parse({3, 0, 5, 3, 3, 0, 1, 'x'}));
}

TEST(Record, OpenSessionRejectsATargetThatIsNone) {
  EXPECT_FALSE(Parse({3, 0, 2, 3, 0}));                  // nothing
  EXPECT_FALSE(Parse({3, 0, 3, 3, 1, 1}));               // half a port
  EXPECT_FALSE(Parse({3, 0, 4, 3, 2, 0, 1}));            // no host
  EXPECT_FALSE(Parse({3, 0, 5, 3, 3, 0, 0, 'x'}));       // port 0
  EXPECT_FALSE(Parse({3, 0, 6, 3, 4, 0, 1, 'x', ' '}));  // a blank
  EXPECT_FALSE(Parse({3, 0, 6, 3, 4, 0, 1, 'x', '\0'}));
  EXPECT_FALSE(Parse({3, 0, 6, 3, 4, 0, 1, 'x', 0x80}));
  EXPECT_FALSE(Parse({3, 0, 10, 3, 3, 0, 1, 'x', 3, 3, 0, 1, 'x'}));  // twice
}

TEST(Record, OpenSessionCarriesAFlow) {
  for (const CommandPart part :
       {CommandPart::kStdio, CommandPart::kStderr, CommandPart::kControl}) {
    const SessionInfo info{"alice", "", {}, CommandFlow{part, 0x0102030405060708}};
    EXPECT_EQ(Back(OpenSessionRecord{SessionId(1), info}).info, info);
  }
  EXPECT_TRUE(Parse({3, 0, 11, 5, 9, 2, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(Record, OpenSessionRejectsAFlowThatIsNone) {
  EXPECT_FALSE(Parse({3, 0, 2, 5, 0}));
  EXPECT_FALSE(Parse({3, 0, 11, 5, 9, 3, 0, 0, 0, 0, 0, 0, 0, 1}));      // no such part
  EXPECT_FALSE(Parse({3, 0, 10, 5, 8, 2, 0, 0, 0, 0, 0, 0, 1}));         // cut short
  EXPECT_FALSE(Parse({3, 0, 12, 5, 10, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0}));  // too long
}

TEST(Record, ATargetIsWrittenAsAUserWould) {
  EXPECT_EQ((Target{"www.example.org", 443}).text(), "www.example.org:443");
  EXPECT_EQ((Target{"2001:db8::1", 443}).text(), "[2001:db8::1]:443");
}

TEST(Record, OpeningCarriesAddressesAndADatagram) {
  const SessionInfo info{"192.0.2.1:53", "[2001:db8::1]:53"};
  const auto back = Back(OpeningRecord{SessionId(70), info, AsBytes("asks")});
  EXPECT_EQ(back.session, SessionId(70));
  EXPECT_EQ(back.info, info);
  EXPECT_EQ(AsText(back.bytes), "asks");
  EXPECT_TRUE(Back(OpeningRecord{SessionId(1), {}, {}}).bytes.empty());
}

TEST(Record, OpeningIsAsStrictAsItsParts) {
  EXPECT_TRUE(Parse({16, 0, 3, 1, 1, 'x', 1, 'd'}));
  EXPECT_TRUE(Parse({16, 0, 3, 4, 1, 'x', 0}));
  EXPECT_FALSE(Parse({16, 0, 3, 3, 1, 'x', 0}));
  EXPECT_FALSE(Parse({16, 0, 6, 1, 1, 'x', 1, 1, 'y', 0}));
  EXPECT_FALSE(Parse({16, 0, 3, 1, 2, 'x', 0}));
  EXPECT_FALSE(Parse({16, 0, 3, 1, 1, 'x', 2, 'd'}));
  Bytes raw;
  AppendRecord(raw, OpeningRecord{SessionId(0), {}, Bytes(kMaxDatagramSize + 1)});
  EXPECT_FALSE(Parse(raw));
}

TEST(Record, ModuleNamesWhatEachEndHas) {
  const Bytes raw{131, 4, 1, 'd', 'n', 's'};
  const auto dns = Parse(raw);
  ASSERT_TRUE(dns);
  EXPECT_EQ(std::get<ModuleRecord>(*dns).abi, 1u);
  EXPECT_EQ(std::get<ModuleRecord>(*dns).name, "dns");

  const std::string longest(kMaxModuleName, '-');
  for (const ModuleRecord& record : {ModuleRecord{1, "dns"}, ModuleRecord{0, "not-loaded-7"},
                                     ModuleRecord{0, ""}, ModuleRecord{kMaxVarint, longest}}) {
    const auto back = Back(record);
    EXPECT_EQ(back.abi, record.abi);
    EXPECT_EQ(back.name, record.name);
  }
}

TEST(Record, ModuleRejectsWhatIsNoModule) {
  EXPECT_FALSE(Parse({131, 0}));           // no ABI
  EXPECT_FALSE(Parse({131, 1, 1}));        // an ABI of nothing
  EXPECT_FALSE(Parse({131, 2, 0x40, 0}));  // an ABI in a longer form than needed
  for (const int byte : {0x00, 0x0a, 0x1b, 0x2e, 0x2f, 0x41, 0x5f, 0x7b, 0xff})
    EXPECT_FALSE(Parse({131, 3, 1, 'd', static_cast<std::uint8_t>(byte)})) << byte;
  Bytes raw;
  AppendRecord(raw, ModuleRecord{1, std::string(kMaxModuleName + 1, 'a')});
  EXPECT_FALSE(Parse(raw));
}

TEST(Record, MarkIsOneByteThatIsNotZero) {
  for (const std::uint8_t dscp : {1, 46, 63}) EXPECT_EQ(Back(MarkRecord{dscp}).dscp, dscp);
  EXPECT_TRUE(Parse({132, 1, 46}));
  EXPECT_FALSE(Parse({132, 0}));
  EXPECT_FALSE(Parse({132, 1, 0}));
  EXPECT_FALSE(Parse({132, 1, 64}));
  EXPECT_FALSE(Parse({132, 2, 46, 46}));
}

TEST(Record, ServingSaysWhatBecomesOfSessions) {
  for (const ServingRecord& record :
       {ServingRecord{1, Serving::kNoBackend}, ServingRecord{kMaxVarint, Serving::kYes},
        ServingRecord{2, static_cast<Serving>(kMaxVarint)}}) {
    const auto back = Back(record);
    EXPECT_EQ(back.serial, record.serial);
    EXPECT_EQ(back.state, record.state);
  }
  EXPECT_TRUE(Parse({133, 2, 1, 3}));
  EXPECT_FALSE(Parse({133, 0}));
  EXPECT_FALSE(Parse({133, 1, 1}));           // no state
  EXPECT_FALSE(Parse({133, 3, 1, 1, 0}));     // more than that
  EXPECT_FALSE(Parse({133, 3, 1, 0x40, 0}));  // a state in a longer form than needed
}

TEST(Record, MessageComesBackWithEveryOrder) {
  for (Order order : {Order::kFree, Order::kOrdered, Order::kFollows, Order::kAfterAll}) {
    const MessageRecord record{.order = order,
                               .more = order == Order::kFree,
                               .fin = order == Order::kAfterAll,
                               .session = SessionId(70),
                               .number = 20000,
                               .distance = order == Order::kFollows ? 3u : 0u,
                               .bytes = AsBytes("hello")};

    const Bytes raw = Serialize(record);
    auto parsed = Parse(raw);
    ASSERT_TRUE(parsed);
    const auto& back = std::get<MessageRecord>(*parsed);
    EXPECT_EQ(back.order, order);
    EXPECT_EQ(back.more, record.more);
    EXPECT_EQ(back.fin, record.fin);
    EXPECT_EQ(back.number, record.number);
    EXPECT_EQ(back.distance, record.distance);
    EXPECT_EQ(AsText(back.bytes), "hello");

    for (std::size_t size = 0; size < raw.size(); ++size)
      EXPECT_FALSE(Parse(Bytes(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(size))));
  }
}

TEST(Record, MessageRejectsUnknownFlags) {
  EXPECT_TRUE(Parse({2, 0x0F, 0, 0, 0}));
  EXPECT_FALSE(Parse({2, 0x10, 0, 0, 0}));
  EXPECT_FALSE(Parse({2, 0x80, 0, 0, 0}));
}

TEST(Record, LengthBeyondTheFrameIsRejectedHoweverHuge) {
  EXPECT_FALSE(Parse({1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 'x'}));
  EXPECT_FALSE(Parse({12, 0xC0, 0, 0, 1, 0, 0, 0, 0}));
}

TEST(Record, DatagramIsAtMostAsLongAsUdpAllows) {
  Bytes raw(kMaxDatagramHeader);
  const std::size_t longest = kMaxDatagramSize;
  raw.resize(static_cast<std::size_t>(StoreDatagramHeader(raw.data(), SessionId(0), longest) -
                                      raw.data()));
  EXPECT_EQ(raw.size(), DatagramHeaderSize(SessionId(0), longest));
  raw.resize(raw.size() + longest);
  EXPECT_TRUE(Parse(raw));
  Bytes longer(kMaxDatagramHeader);
  longer.resize(static_cast<std::size_t>(
      StoreDatagramHeader(longer.data(), SessionId(0), longest + 1) - longer.data()));
  longer.resize(longer.size() + longest + 1);
  EXPECT_FALSE(Parse(longer));
}

TEST(Record, PaddingIsZeroToTheEnd) {
  EXPECT_TRUE(Parse({0, 0, 0}));
  EXPECT_FALSE(Parse({0, 0, 1}));
}

TEST(Record, ShareComesBackAndTakesNoMoreThanItsFields) {
  Bytes raw;
  AppendRecord(raw, ShareRecord{.serial = 7, .fresh = 4096, .reading = kUnlimitedShare});
  ByteReader reader(raw);
  const auto record = ParseRecord(reader);
  ASSERT_TRUE(record);
  const auto* share = std::get_if<ShareRecord>(&*record);
  ASSERT_NE(share, nullptr);
  EXPECT_EQ(share->serial, 7u);
  EXPECT_EQ(share->fresh, 4096u);
  EXPECT_EQ(share->reading, kUnlimitedShare);
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_FALSE(Parse({130, 4, 1, 2, 3, 4}));
  EXPECT_FALSE(Parse({130, 2, 1, 2}));
}

TEST(Record, UnknownKindsAreSkippedFrom128AndRejectedBelow) {
  const Bytes raw{200, 2, 'x', 'y', 9, 0, 0, 0, 0, 0, 0, 0, 7};
  ByteReader reader(raw);
  auto skipped = ParseRecord(reader);
  ASSERT_TRUE(skipped);
  EXPECT_TRUE(std::holds_alternative<SkippedRecord>(*skipped));
  EXPECT_TRUE(std::holds_alternative<PingRecord>(*ParseRecord(reader)));
  EXPECT_TRUE(Parse({128, 0}));
  EXPECT_FALSE(Parse({128, 1}));
  EXPECT_FALSE(Parse({127, 0}));
  EXPECT_FALSE(Parse({16, 0}));
}

TEST(SealedHeader, ComesBackAndHasTheDocumentedLayout) {
  const SealedHeader header{.reliable = true,
                            .confirmed = true,
                            .reliable_before = 0x0102030405,
                            .sequence = 0x0A0B0C0D0E0F};
  std::array<std::uint8_t, kSealedHeaderSize> raw;
  header.Serialize(raw);
  EXPECT_EQ(raw, (std::array<std::uint8_t, 12>{3, 1, 2, 3, 4, 5, 0xA, 0xB, 0xC, 0xD, 0xE, 0xF}));
  EXPECT_EQ(SealedHeader::Parse(raw), header);
}

TEST(SealedHeader, RejectsUnknownFlagsShortnessAndImpossibleCounts) {
  std::array<std::uint8_t, kSealedHeaderSize> raw{};
  EXPECT_TRUE(SealedHeader::Parse(raw));
  EXPECT_FALSE(SealedHeader::Parse(ByteView(raw).first(11)));
  raw[0] = 4;
  EXPECT_FALSE(SealedHeader::Parse(raw));
  raw[0] = 0;
  raw[5] = 1;  // one reliable frame before the first
  EXPECT_FALSE(SealedHeader::Parse(raw));
}

}  // namespace
}  // namespace funnel::wire
