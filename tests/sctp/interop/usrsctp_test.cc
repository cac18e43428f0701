// With libusrsctp at the other end: either side begins, with DATA and with I-DATA, over a path that
// loses packets.
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "sctp/endpoint/endpoint.h"
#include "tests/sctp/interop/usrsctp_peer.h"
#include "tests/sctp/simulator/describe.h"
#include "tests/sctp/test_random.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

// Our SCTP at one end, libusrsctp at the other, 5 ms apart.
class Pair : public EndpointObserver {
 public:
  Pair(bool interleaving, double loss) : theirs({++last_port_, interleaving}), loss_(loss) {
    EndpointSettings settings;
    settings.port = 5001;
    settings.association.packet_bytes = 1400;
    settings.association.out_streams = settings.association.in_streams = 64;
    ours = std::make_unique<Endpoint>(settings, random_, *this, now);
    its_address_.host[15] = 1;
  }

  void OnUp(AssociationId association, const Address&, bool) override {
    id = association;
    ++ups;
  }
  void OnDown(AssociationId, DownReason reason, std::string_view text) override {
    downs.push_back(reason);
    down_text = text;
  }
  void OnMessage(AssociationId, StreamId stream, std::uint32_t protocol,
                 MutableByteView message) override {
    received.push_back({stream, protocol, {message.begin(), message.end()}});
  }
  void OnWritable(AssociationId) override {}

  [[nodiscard]] bool WeConnect() {
    const auto made = ours->Connect(its_address_, last_port_, now);
    return made && Run(20s, [this] { return ups == 1 && theirs.ups() == 1; });
  }
  [[nodiscard]] bool TheyConnect() {
    theirs.Connect(5001);
    return Run(20s, [this] { return ups == 1 && theirs.ups() == 1; });
  }
  SendStatus Send(StreamId stream, ByteView message, bool unordered) {
    return ours->Send(id, stream, message, {.protocol = 9, .unordered = unordered}, now);
  }
  // Runs in steps of a millisecond until DONE; returns whether it was.
  bool Run(Duration span, const std::function<bool()>& done) {
    for (const TimePoint end = now + span; now < end; now += 1ms) {
      if (++steps_ % 10 == 0) theirs.Pass(10ms);
      ours->OnTimer(now);
      std::uint8_t buffer[2048];
      while (const auto departure = ours->NextPacket(buffer, now))
        Travel(to_theirs_, MutableByteView(buffer).first(departure->size), ">");
      for (Bytes& packet : theirs.TakePackets()) Travel(to_ours_, packet, "<");
      for (; !to_theirs_.empty() && to_theirs_.front().first <= now; to_theirs_.pop_front())
        theirs.OnPacket(to_theirs_.front().second);
      for (; !to_ours_.empty() && to_ours_.front().first <= now; to_ours_.pop_front())
        ours->OnPacket(its_address_, to_ours_.front().second, Checksum::kVerify, now);
      while (auto message = theirs.Receive()) theirs_received.push_back(std::move(*message));
      if (done()) return true;
    }
    return false;
  }

  TimePoint now{1h};
  UsrsctpPeer theirs;
  std::unique_ptr<Endpoint> ours;
  AssociationId id;
  int ups = 0;
  std::vector<DownReason> downs;
  std::string down_text;
  std::vector<UsrsctpPeer::Message> received, theirs_received;

 private:
  using Queue = std::deque<std::pair<TimePoint, Bytes>>;
  void Travel(Queue& queue, MutableByteView packet, const char* way) {
    const bool lost = random_.Unit() < loss_;
    if (std::getenv("SCTP_TRACE") != nullptr)
      std::printf("%s %s%s\n", way, Describe(packet).c_str(), lost ? " LOST" : "");
    if (!lost) queue.emplace_back(now + 5ms, Bytes(packet.begin(), packet.end()));
  }

  static inline std::uint16_t last_port_ = 7000;
  double loss_;
  TestRandom random_{1};
  Address its_address_;
  Queue to_theirs_, to_ours_;
  int steps_ = 0;
};

struct Case {
  bool interleaving = true;
  bool we_connect = true;
};

class UsrsctpTest : public ::testing::TestWithParam<Case> {};

// Message NUMBER of a stream: its length and bytes follow from these two.
Bytes MessageOf(StreamId stream, std::uint64_t number) {
  constexpr std::size_t kSizes[] = {1,    100,  1340,   1368,   1380,
                                    1400, 5000, 20'000, 70'000, 128 * 1024};
  Bytes bytes(kSizes[(number + stream.value()) % std::size(kSizes)]);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(number * 31 + stream.value() * 7 + i);
  return bytes;
}

void ExpectInOrder(const std::vector<UsrsctpPeer::Message>& messages, std::uint32_t protocol) {
  std::map<StreamId, std::uint64_t> next;
  for (const auto& message : messages) {
    EXPECT_EQ(message.protocol, protocol);
    ASSERT_EQ(message.bytes, MessageOf(message.stream, next[message.stream]++));
  }
}

TEST_P(UsrsctpTest, CarriesAllBothWaysAndEndsInOrder) {
  Pair pair(GetParam().interleaving, 0.02);
  ASSERT_TRUE(GetParam().we_connect ? pair.WeConnect() : pair.TheyConnect());
  EXPECT_EQ(pair.ours->Find(pair.id)->agreed().interleaving, GetParam().interleaving);
  pair.ours->Trust(pair.id, pair.now);

  std::size_t sent = 0, theirs_sent = 0;
  for (std::uint64_t number = 0; number < 20; ++number)
    for (const StreamId stream : {StreamId(0), StreamId(1), StreamId(63)}) {
      const Bytes message = MessageOf(stream, number);
      ASSERT_TRUE(
          pair.Run(60s, [&] { return pair.Send(stream, message, false) == SendStatus::kSent; }));
      ASSERT_TRUE(pair.Run(60s, [&] { return pair.theirs.Send(stream, message, false); }));
      ++sent;
      ++theirs_sent;
    }

  ASSERT_TRUE(pair.Run(
      120s,
      [&] { return pair.theirs_received.size() == sent && pair.received.size() == theirs_sent; }))
      << pair.theirs_received.size() << " " << pair.received.size();

  ExpectInOrder(pair.theirs_received, 9);
  ExpectInOrder(pair.received, 7);

  if (GetParam().we_connect)
    pair.ours->Shutdown(pair.id, pair.now);
  else
    pair.theirs.Shutdown();

  EXPECT_TRUE(pair.Run(60s, [&] { return pair.downs.size() == 1 && pair.theirs.downs() == 1; }));
  EXPECT_EQ(pair.downs, std::vector{DownReason::kShutdown});
  EXPECT_TRUE(pair.Run(10ms, [&] { return pair.ours->associations() == 0; }));
}

TEST_P(UsrsctpTest, UnorderedMessagesAllCome) {
  Pair pair(GetParam().interleaving, 0.02);
  ASSERT_TRUE(GetParam().we_connect ? pair.WeConnect() : pair.TheyConnect());
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(pair.Send(StreamId(5), Bytes(i % 10 == 0 ? 5000 : 200), true), SendStatus::kSent);
    EXPECT_TRUE(pair.theirs.Send(StreamId(5), Bytes(i % 10 == 0 ? 5000 : 200), true));
    (void)pair.Run(2ms, [] { return false; });
  }
  EXPECT_TRUE(pair.Run(
      60s, [&] { return pair.theirs_received.size() == 200 && pair.received.size() == 200; }))
      << pair.theirs_received.size() << " " << pair.received.size();
}

TEST_P(UsrsctpTest, AbortsAreUnderstood) {
  {
    Pair pair(GetParam().interleaving, 0);
    ASSERT_TRUE(GetParam().we_connect ? pair.WeConnect() : pair.TheyConnect());
    pair.theirs.Abort("had enough");
    EXPECT_TRUE(pair.Run(5s, [&] { return !pair.downs.empty(); }));
    EXPECT_EQ(pair.downs, std::vector{DownReason::kAborted});
    EXPECT_EQ(pair.down_text, "had enough");
  }
  Pair pair(GetParam().interleaving, 0);
  ASSERT_TRUE(GetParam().we_connect ? pair.WeConnect() : pair.TheyConnect());
  pair.ours->Abort(pair.id, "enough here too");
  EXPECT_TRUE(pair.Run(5s, [&] { return pair.theirs.downs() == 1; }));
}

INSTANTIATE_TEST_SUITE_P(Ways, UsrsctpTest,
                         ::testing::Values(Case{true, true}, Case{true, false}, Case{false, true},
                                           Case{false, false}));

}  // namespace
}  // namespace sctp::testing
