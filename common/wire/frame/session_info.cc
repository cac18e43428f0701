#include "common/wire/frame/session_info.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace funnel::wire {
namespace {

constexpr std::uint8_t kClientTlv = 1;
constexpr std::uint8_t kLocalTlv = 2;

void PutShortTlv(Bytes& out, std::uint8_t type, std::string_view value) {
  value = value.substr(0, 255);
  if (value.empty()) return;
  out.push_back(type);
  out.push_back(static_cast<std::uint8_t>(value.size()));
  // Not insert(): g++ 14 takes what that does to an empty vector for an overflow.
  std::ranges::copy(AsBytes(value), std::back_inserter(out));
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
    if (*type != kClientTlv && *type != kLocalTlv && *type % 2 != 0)
      return Fail("session has an unknown field that must not be ignored");
  }
  return info;
}

Bytes SerializeSessionInfo(const SessionInfo& info) {
  Bytes tlvs;
  PutShortTlv(tlvs, kClientTlv, info.client);
  PutShortTlv(tlvs, kLocalTlv, info.local);
  return tlvs;
}

}  // namespace funnel::wire
