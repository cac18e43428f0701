// Two engines with two addresses each, and what somebody on the path between them can forge.
//
//   a 192.0.2.1 ======= 192.0.2.2 b
//     198.51.100.1 ==== 198.51.100.2
#pragma once

#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {

class EnginePathsTest : public EngineTest {
 protected:
  static TransportAddress Second(int host, std::uint16_t port = 9899) {
    return *TransportAddress::Parse("198.51.100." + std::to_string(host), port);
  }
  static Settings Probing() {
    Settings s;
    s.path_probe = milliseconds(300);
    return s;
  }
  // A and B are up on the first network, and each knows which peer it has there.
  void AssociateBoth(const Settings& settings = Probing()) {
    network.delay = milliseconds(5);
    network.alias = {{Second(1), Address(1)}, {Second(2), Address(2)}};
    Associate(settings);
    for (End* end : {&a, &b}) end->engine->Trust(end->ups[0].id);
  }
  bool OfferBoth(std::vector<PeerPath> paths = {{Address(2)}, {Second(2)}}) {
    return a.engine->OfferPaths(a.ups[0].id, std::move(paths));
  }
  static bool IsSecond(const TransportAddress& address) { return address.ip()[0] == 198; }
  void CutFirst() {
    network.fate = [](const TransportAddress&, const TransportAddress& to, Bytes&) {
      return IsSecond(to);
    };
  }
  PathStats PathOf(End& end, std::size_t i = 0) {
    return end.engine->Stats(end.ups[0].id).paths.at(i);
  }
  // B gets PACKET from the address FROM.
  void Inject(const TransportAddress& from, Bytes packet) {
    network.inbox[b.address].push_back({from, std::move(packet), Now()});
  }
  // The packet as A would send it to B.
  Bytes Chunk(std::uint8_t type, std::uint8_t flags, std::string_view value,
              bool right_tag = true) {
    ByteWriter out;
    const ::sctp::CommonHeader header = ReadHeader(seen);
    out.U16(header.source_port).U16(header.destination_port);
    out.U32(header.tag.value() ^ (right_tag ? 0 : 1)).U32(0);
    out.U8(type).U8(flags).U16(static_cast<std::uint16_t>(4 + value.size()));
    out.Append(AsBytes(value));
    Bytes packet = out.Release();
    packet.resize((packet.size() + 3) / 4 * 4);
    WriteChecksum(packet);
    return packet;
  }
  static bool IsData(ChunkType type) { return type == ChunkType::kIData; }
  // Remembers one packet of A with data.
  void SeeOne() {
    network.fate = [this](const TransportAddress& from, auto&, Bytes& packet) {
      if (from == a.address && FindChunk(packet, IsData)) seen = packet;
      return true;
    };
    ASSERT_EQ(a.Send("look"), SendStatus::kSent);
    ASSERT_TRUE(Run([&] { return !b.messages.empty() && !seen.empty(); }));
    network.fate = nullptr;
    RunFor(milliseconds(50));
  }
  Bytes seen;
};

}  // namespace funnel::sctp::test
