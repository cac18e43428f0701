#include "common/wire/frame/session_info.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace funnel::wire {
namespace {

constexpr std::uint8_t kClientTlv = 1;
constexpr std::uint8_t kLocalTlv = 2;
constexpr std::uint8_t kTargetTlv = 3;
constexpr std::size_t kPortSize = 2;
// Odd: who does not know it must not take the session for a connection.
constexpr std::uint8_t kFlowTlv = 5;
constexpr std::uint8_t kFlowSize = 9;
constexpr std::uint8_t kStreamsTlv = 7;
constexpr std::size_t kStreamsSize = 4;

void PutShortTlv(Bytes& out, std::uint8_t type, std::string_view value) {
  value = value.substr(0, 255);
  if (value.empty()) return;
  out.push_back(type);
  out.push_back(static_cast<std::uint8_t>(value.size()));
  // Not insert(): g++ 14 takes what that does to an empty vector for an overflow.
  std::ranges::copy(AsBytes(value), std::back_inserter(out));
}

//   port 16, host (the rest)
Result<Target> ParseTarget(ByteView value) {
  const auto is_visible = [](std::uint8_t byte) { return byte > ' ' && byte < 0x7f; };
  if (value.size() <= kPortSize || value.size() > kPortSize + kMaxTargetHost)
    return Fail("target is of a wrong length");
  const ByteView host = value.subspan(kPortSize);
  const auto port = static_cast<std::uint16_t>(LoadBigEndian<kPortSize>(value.data()));
  if (port == 0) return Fail("target has no port");
  if (!std::ranges::all_of(host, is_visible)) return Fail("target is no host");
  return Target{std::string(AsText(host)), port};
}

void PutTarget(Bytes& out, const Target& target) {
  std::uint8_t port[kPortSize];
  StoreBigEndian<kPortSize>(port, target.port);
  std::string value(AsText(ByteView(port)));
  PutShortTlv(out, kTargetTlv, value + target.host);
}

//   part 8, command 64
Result<CommandFlow> ParseFlow(ByteView value) {
  ByteReader reader(value);
  const auto part = reader.U8();
  const auto command = reader.U64();
  if (!command || !reader.AtEnd() || *part >= kCommandParts)
    return Fail("session is no flow of a command that is known");
  return CommandFlow{static_cast<CommandPart>(*part), *command};
}

//   to the acceptor 16, to the initiator 16
Result<StreamCounts> ParseStreams(ByteView value) {
  ByteReader reader(value);
  const auto to_acceptor = reader.U16();
  const auto to_initiator = reader.U16();
  if (!to_initiator || !reader.AtEnd() || *to_acceptor == 0 || *to_initiator == 0)
    return Fail("session has a wrong number of streams");
  return StreamCounts{*to_acceptor, *to_initiator};
}

void PutStreams(Bytes& out, const StreamCounts& streams) {
  std::uint8_t value[kStreamsSize];
  StoreBigEndian<2>(value, streams.to_acceptor);
  StoreBigEndian<2>(value + 2, streams.to_initiator);
  PutShortTlv(out, kStreamsTlv, AsText(value));
}

}  // namespace

Result<SessionInfo> ParseSessionInfo(ByteView fields) {
  SessionInfo info;
  ByteReader tlvs(fields);
  bool seen[256] = {};

  while (!tlvs.AtEnd()) {
    const auto type = tlvs.U8();
    const auto length = tlvs.U8();
    const auto value = length ? tlvs.Take(*length) : std::nullopt;
    if (!value) return Fail("record is cut short or badly encoded");
    if (std::exchange(seen[*type], true)) return Fail("session has a field twice");

    if (*type == kClientTlv) info.client = AsText(*value);
    if (*type == kLocalTlv) info.local = AsText(*value);
    if (*type == kTargetTlv) info.target = TRY(ParseTarget(*value));
    if (*type == kFlowTlv) info.flow = TRY(ParseFlow(*value));
    if (*type == kStreamsTlv) info.streams = TRY(ParseStreams(*value));
    const bool known = *type == kClientTlv || *type == kLocalTlv || *type == kTargetTlv ||
                       *type == kFlowTlv || *type == kStreamsTlv;
    if (!known && *type % 2 != 0)
      return Fail("session has an unknown field that must not be ignored");
  }
  return info;
}

Bytes SerializeSessionInfo(const SessionInfo& info) {
  Bytes tlvs;
  PutShortTlv(tlvs, kClientTlv, info.client);
  PutShortTlv(tlvs, kLocalTlv, info.local);
  if (info.target) PutTarget(tlvs, *info.target);
  if (info.flow) {
    std::uint8_t value[kFlowSize] = {static_cast<std::uint8_t>(info.flow->part)};
    StoreBigEndian<8>(value + 1, info.flow->command);
    PutShortTlv(tlvs, kFlowTlv, AsText(value));
  }
  if (info.streams) PutStreams(tlvs, *info.streams);
  return tlvs;
}

Checked<> CheckSessionInfo(const SessionInfo& info, Features features) {
  if (info.target.has_value() != features.Has(Feature::kTargets))
    return Violates(info.target ? "a target was not agreed on" : "a session has no target");
  if (info.streams.has_value() != features.Has(Feature::kAssociations))
    return Violates(info.streams ? "streams were not agreed on" : "a session has no streams");
  return {};
}

}  // namespace funnel::wire
