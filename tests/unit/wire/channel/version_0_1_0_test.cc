// Nodes of version 0.1.0 are deployed: we can read what they write, and they can read what we
// write. version_0_1_0.txt was recorded from their build.
#include <gtest/gtest.h>

#include <fstream>

#include "common/base/text.h"
#include "common/wire/frame/hello.h"
#include "common/wire/frame/open.h"
#include "tests/unit/wire/ends.h"
#include "tests/unit/wire/frame/open_bodies.h"

namespace funnel::wire::testing {
namespace {

// Lines of up to two words and bytes in hexadecimal, found by these words.
class Recorded {
 public:
  Recorded() {
    std::ifstream file(VERSION_0_1_0);
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      const std::size_t blank = line.rfind(' ');
      lines_.emplace_back(line.substr(0, blank), HexDecode(line.substr(blank + 1)).value());
    }
  }
  Bytes Get(std::string_view name) const {
    for (const auto& [words, bytes] : lines_)
      if (words == name) return bytes;
    ADD_FAILURE() << name << " is not recorded";
    return {};
  }
  std::vector<std::pair<std::string, Bytes>> Starting(std::string_view word) const {
    std::vector<std::pair<std::string, Bytes>> found;
    for (const auto& line : lines_)
      if (line.first.starts_with(word)) found.push_back(line);
    return found;
  }

 private:
  std::vector<std::pair<std::string, Bytes>> lines_;
};

class Version010 : public ::testing::Test {
 protected:
  // The record's fields become the same bytes again.
  template <typename R>
  R Record(std::string_view name) {
    const Bytes raw = recorded_.Get("record " + std::string(name));
    ByteReader reader(raw);
    auto record = ParseRecord(reader);
    EXPECT_TRUE(record && reader.AtEnd()) << name;
    const R* typed = record ? std::get_if<R>(&*record) : nullptr;
    EXPECT_NE(typed, nullptr) << name;
    if (typed == nullptr) return {};
    if constexpr (requires(Bytes& out) { AppendRecord(out, *typed); }) {
      Bytes again;
      AppendRecord(again, *typed);
      EXPECT_EQ(again, raw) << name;
    }
    return *typed;
  }
  const Recorded recorded_;
};

TEST_F(Version010, HandshakesBytesAreOurs) {
  EXPECT_EQ(SampleOpen().Serialize(), recorded_.Get("open"));
  EXPECT_EQ(OpenBindingBytes(recorded_.Get("open")), recorded_.Get("bindings"));
  EXPECT_EQ((OpenedBody{.token = {5, 6}}.Serialize()), recorded_.Get("opened"));
  EXPECT_EQ(ConfirmBytes(recorded_.Get("open"), recorded_.Get("opened")), recorded_.Get("confirm"));
  EXPECT_EQ((HelloBody{.node = "ns.hoster.net", .instance = 0x0102030405060708}.Serialize()),
            recorded_.Get("hello"));
  EXPECT_EQ(ClosedBody{ClosedCode::kLimit}.Serialize(), recorded_.Get("closed"));
  EXPECT_EQ((RefusedBody{.code = RefusalCode::kBusy, .text = "busy"}.Serialize()),
            recorded_.Get("refused"));
  RefusedBody verdict{.code = RefusalCode::kRefused, .text = "refused"};
  verdict.opened.token = {5, 6};
  verdict.verdict = {7, 8};
  EXPECT_EQ(verdict.Serialize(), recorded_.Get("refused-verdict"));
}

TEST_F(Version010, HandshakeIsReadAndAgreesOnNothingNew) {
  const auto open = OpenBody::Parse(recorded_.Get("open-choices")).value();
  EXPECT_EQ(open.versions, (std::vector<std::uint8_t>{1, 2}));
  EXPECT_EQ(open.suites, (std::vector<std::uint16_t>{1, 7}));
  EXPECT_EQ(open.hop_limit, 3);
  EXPECT_TRUE(open.features.empty());
  EXPECT_TRUE(OpenedBody::Parse(recorded_.Get("opened"))->features.empty());
  EXPECT_TRUE(RefusedBody::Parse(recorded_.Get("refused-verdict"))->has_verdict());
  EXPECT_EQ(FrameHeader::Parse(recorded_.Get("frame open"))->type, FrameType::kOpen);
}

TEST_F(Version010, RecordsAreReadAndWrittenTheSame) {
  const auto opened = Record<OpenSessionRecord>("open-session");
  EXPECT_EQ(opened.info, (SessionInfo{"192.0.2.1:53", "[2001:db8::1]:53"}));
  EXPECT_EQ(Record<OpenSessionRecord>("open-session-bare").session, SessionId(300));
  EXPECT_EQ(Record<CreditRecord>("credit").limit, 70000u);
  EXPECT_EQ(Record<ChannelCreditRecord>("channel-credit").limit, 1u << 21);
  EXPECT_EQ(Record<SessionsRecord>("sessions").limit, 2048u);
  EXPECT_EQ(Record<ResetRecord>("reset").final_charge, 4321u);
  EXPECT_EQ(Record<EndSessionRecord>("end-session").session, SessionId(5));
  EXPECT_EQ(Record<PingRecord>("ping").value, 77u);
  EXPECT_EQ(Record<PongRecord>("pong").value, 77u);
  EXPECT_EQ(Record<NewEpochRecord>("new-epoch").reliable, 800u);
  (void)Record<ConfirmRecord>("confirm");
  (void)Record<RekeyRecord>("rekey");
  (void)Record<FarewellRecord>("farewell");
  (void)Record<HelloRecord>("hello");
  (void)Record<DatagramRecord>("datagram");
  const auto message = Record<MessageRecord>("message");
  EXPECT_EQ(MessageBytes({.order = message.order,
                          .session = message.session,
                          .number = message.number,
                          .distance = message.distance,
                          .bytes = AsBytes("hi")}),
            recorded_.Get("record message"));
}

// A whole conversation, once with us in the place of each side.
TEST_F(Version010, FramesAreTakenByEitherRole) {
  for (const char sender : {'a', 'b'}) {
    Ends ends;
    End& ours = sender == 'a' ? ends.b : ends.a;
    std::vector<SessionId> opened;

    if (sender == 'b') {
      for (int i = 0; i < 3; ++i) opened.push_back(*ends.a.channel->OpenSession({}));
      (void)ends.a.channel->SendBytes(opened[0], AsBytes("question"));
      ends.a.channel->SendFin(opened[0]);
      (void)ends.a.channel->SendBytes(opened[2], AsBytes("cut off"));
      ends.Flush(ends.a);
    }

    ToyCipher cipher(7, /*initiator=*/sender == 'a');
    for (const auto& [words, whole] : recorded_.Starting(std::string("sealed ") + sender)) {
      const ByteView plain = ByteView(whole).subspan(kFrameHeaderSize);
      Bytes frame(kFrameHeaderSize + plain.size() + cipher.Overhead());
      std::copy_n(whole.begin(), kFrameHeaderSize, frame.begin());
      const ByteView pieces[] = {plain};
      ASSERT_TRUE(cipher.Seal(SealedHeader::Parse(plain)->sequence, pieces,
                              MutableByteView(frame).subspan(kFrameHeaderSize)));
      ends.Give(ours, frame);
    }

    EXPECT_EQ(ours.channel->stats().violations, 0u) << sender;
    EXPECT_EQ(ours.channel->stats().forged, 0u) << sender;
    if (sender == 'b') {
      EXPECT_EQ(ours.seen.sessions[opened[0]].bytes, "answer");
      EXPECT_EQ(ours.seen.sessions[opened[1]].datagrams, std::vector<std::string>{"told"});
      EXPECT_EQ(ours.seen.sessions[opened[2]].code, EndCode::kReset);
      continue;
    }

    EXPECT_EQ(ours.seen.sessions[SessionId(0)].info.local, "192.0.2.9:389");
    EXPECT_EQ(ours.seen.sessions[SessionId(0)].bytes, "question");
    EXPECT_EQ(ours.seen.sessions[SessionId(1)].datagrams, std::vector<std::string>{"asks"});
    ASSERT_EQ(ours.seen.ended.size(), 1u);
    EXPECT_EQ(ours.seen.ended[0].text, "the service stops");
    EXPECT_TRUE(ours.seen.ended[0].clean);
  }
}

// Checked by rules that are written here, not by the parser, which may learn new ones.
void ExpectOldRecords(Bytes frame, Role sender) {
  ToyCipher cipher(7, sender == Role::kAcceptor);
  auto plain = cipher.Open(MutableByteView(frame).subspan(kFrameHeaderSize));
  ASSERT_TRUE(plain);
  EXPECT_EQ((*plain)[0] & ~0x03, 0);  // flags of the sealed header
  const ByteView all = ByteView(*plain).subspan(kSealedHeaderSize);
  ByteReader records(all);
  while (!records.AtEnd()) {
    const std::size_t start = records.position();
    const std::uint8_t kind = all[start];
    EXPECT_LE(kind, 15);
    ASSERT_TRUE(ParseRecord(records));

    const ByteView raw = all.subspan(start, records.position() - start);
    // Flags of MESSAGE.
    EXPECT_TRUE(kind != 2 || raw[1] <= 0x0F);
    if (kind != 3) continue;

    ByteReader fields(raw.subspan(1));
    (void)ReadVarint(fields);
    (void)ReadVarint(fields);
    while (!fields.AtEnd()) {
      const std::uint8_t field = fields.U8().value();
      EXPECT_TRUE(field == 1 || field == 2 || field % 2 == 0) << int{field};
      ASSERT_TRUE(fields.Take(fields.U8().value()));
    }
  }
}

TEST_F(Version010, GetsNothingNewWhereNothingIsAgreed) {
  Ends ends;
  auto deliver = [&](End& from, Role role) {
    std::size_t count = 0;
    for (; !from.out.frames.empty(); ++count) {
      Bytes frame = from.out.Take();
      ExpectOldRecords(frame, role);
      ends.Give(ends.Other(from), frame);
    }
    return count;
  };
  auto run = [&] {
    std::size_t count = 1;
    while (count > 0) {
      ends.Flush(ends.a);
      ends.Flush(ends.b);
      count = deliver(ends.a, Role::kInitiator) + deliver(ends.b, Role::kAcceptor);
    }
  };

  const SessionId stream = *ends.a.channel->OpenSession({"192.0.2.1:4000", "192.0.2.9:389"});
  const SessionId flow = *ends.a.channel->OpenSession({"192.0.2.1:4001", ""});
  const SessionId reset = *ends.a.channel->OpenSession({});
  const SessionId spoken = *ends.a.channel->OpenFlow({"192.0.2.1:4002", "192.0.2.9:53"});
  ends.a.channel->SendDatagram(spoken, AsBytes("opens"));

  for (int i = 0; i < 50; ++i) {
    (void)ends.a.channel->SendBytes(stream, AsBytes(Pattern(9000)));
    (void)ends.b.channel->SendBytes(stream, AsBytes(Pattern(9000)));
    ends.a.channel->SendDatagram(flow, AsBytes("asks"));
    run();
  }

  (void)ends.b.channel->SendBytes(reset, AsBytes("cut off"));
  ends.a.channel->ResetSession(reset, EndCode::kReset);
  ends.a.channel->EndSession(flow);
  ends.a.channel->SendFin(stream);
  ends.b.channel->SendFin(stream);
  ends.b.channel->Ping(1, ends.now);
  run();
  ends.b.channel->Close(EndCode::kShutdown, "the service stops");
  run();

  EXPECT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.sessions[spoken].datagrams, std::vector<std::string>{"opens"});
}

// A flow's first datagram shares a reliable frame with what opens it: these are the bytes that
// version 0.1.0 itself wrote for the same two, and so accepts.
TEST_F(Version010, AFlowsFirstFrameIsAsItsOwn) {
  ChannelSettings settings;
  settings.features = {Feature::kDatagrams};
  settings.lifetime = std::chrono::seconds(3);
  Ends ends(settings);
  ends.Run();
  (void)ends.a.channel->OpenSession({"192.0.2.1:4000", "192.0.2.9:389"});
  ends.Run();
  const SessionId flow = *ends.a.channel->OpenFlow({"192.0.2.1:4001", ""});
  ends.a.channel->SendDatagram(flow, AsBytes("asks"));
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 1u);
  Bytes frame = ends.a.out.Take();
  EXPECT_EQ(FrameHeader::Parse(frame)->lifetime_ms, 0u);
  ToyCipher cipher(7, /*initiator=*/false);
  const auto plain = cipher.Open(MutableByteView(frame).subspan(kFrameHeaderSize));
  ASSERT_TRUE(plain);
  const Bytes recorded = recorded_.Starting("sealed a")[5].second;
  const ByteView records = ByteView(*plain).subspan(kSealedHeaderSize);
  EXPECT_TRUE(std::ranges::equal(records,
                                 ByteView(recorded).subspan(kFrameHeaderSize + kSealedHeaderSize)));
}

// "takes" and "refuses": what version 0.1.0 itself did with these bytes.
TEST_F(Version010, TakesWhatWeWriteOfLaterFields) {
  OpenBody open = SampleOpen();
  open.features = {Feature::kDatagrams};
  EXPECT_EQ(open.Serialize(), recorded_.Get("takes open-features"));
  open.features = {Feature::kConnections};
  EXPECT_EQ(open.Serialize(), recorded_.Get("takes open-features-tcp"));
  open.features = Features((std::uint64_t{1} << 63) + 1);
  EXPECT_EQ(open.Serialize(), recorded_.Get("takes open-features-eight"));
  open.features = {Feature::kDatagrams};
  open.fed_by = {{"branch", "dns2"}};
  EXPECT_EQ(open.Serialize(), recorded_.Get("takes open-fed-by"));
  EXPECT_EQ((OpenedBody{.features = {Feature::kDatagrams}, .token = {5, 6}}.Serialize()),
            recorded_.Get("takes opened-features"));
}

TEST_F(Version010, IsAsStrictAsWeAre) {
  for (const char* name : {"takes", "refuses"}) {
    const bool takes = name == std::string("takes");
    for (const auto& [words, bytes] : recorded_.Starting(name)) {
      const std::string what = words.substr(words.find(' ') + 1);
      ByteReader reader(bytes);
      const bool taken = what.starts_with("opened")         ? OpenedBody::Parse(bytes).has_value()
                         : what.starts_with("open-session") ? ParseRecord(reader).has_value()
                         : what.starts_with("open")         ? OpenBody::Parse(bytes).has_value()
                         : what.starts_with("refused")      ? RefusedBody::Parse(bytes).has_value()
                         : what.starts_with("hello")        ? HelloBody::Parse(bytes).has_value()
                                                            : ParseRecord(reader).has_value();
      EXPECT_EQ(taken, takes) << words;
    }
  }
}

}  // namespace
}  // namespace funnel::wire::testing
