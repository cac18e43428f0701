// The environment for tests of openings: both ends of a channel of datagrams that may expire, and
// the content of the frames between them.
#pragma once

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {

inline const SessionInfo kClient{"192.0.2.1:4000", "192.0.2.9:53"};

inline ChannelSettings Expirable(Features features = {Feature::kDatagrams, Feature::kOpenings}) {
  ChannelSettings settings;
  settings.features = features;
  settings.lifetime = std::chrono::milliseconds(3000);
  return settings;
}

inline ChannelSettings WithoutFeature() { return Expirable({Feature::kDatagrams}); }

inline bool IsReliable(const Bytes& frame) { return FrameHeader::Parse(frame)->lifetime_ms == 0; }

// The kinds of the records in FRAME, which the initiator has sealed.
inline std::vector<int> KindsIn(Bytes frame, Role receiver = Role::kAcceptor) {
  ToyCipher cipher(7, receiver == Role::kInitiator);
  const auto plain = cipher.Open(MutableByteView(frame).subspan(kFrameHeaderSize));
  std::vector<int> kinds;
  const ByteView records = ByteView(*plain).subspan(kSealedHeaderSize);
  ByteReader reader(records);
  while (!reader.AtEnd()) {
    kinds.push_back(records[reader.position()]);
    EXPECT_TRUE(ParseRecord(reader));
  }
  return kinds;
}

constexpr int kDatagram = 1, kOpenSession = 3, kPing = 9, kOpening = 16;

// Both ends know each other, and nothing is on its way.
class Opening : public ::testing::Test {
 protected:
  explicit Opening(const ChannelSettings& settings = Expirable()) : ends(settings) { ends.Run(); }

  SessionId Ask(std::string_view datagram) {
    const auto id = ends.a.channel->OpenFlow(kClient);
    EXPECT_TRUE(id);
    Say(*id, datagram);
    return *id;
  }
  void Say(SessionId id, std::string_view datagram) {
    EXPECT_TRUE(ends.a.channel->SendDatagram(id, AsBytes(datagram)));
    ends.Flush(ends.a);
  }
  // The same for one that must arrive.
  void Insist(SessionId id, std::string_view datagram) {
    EXPECT_TRUE(ends.a.channel->SendDatagram(id, AsBytes(datagram), DatagramTerms{}));
    ends.Flush(ends.a);
  }
  // How many PINGs are on their way from the initiator.
  [[nodiscard]] auto Pings() const {
    return std::ranges::count_if(ends.a.out.frames, [](const Bytes& frame) {
      return std::ranges::count(KindsIn(frame), kPing) > 0;
    });
  }
  Recorder::Session& Received(SessionId id) { return ends.b.seen.sessions[id]; }
  const ChannelStats& Stats(const End& end) const { return end.channel->stats(); }

  Ends ends;
};

}  // namespace funnel::wire::testing
