#include "common/wire/frame/feature_set.h"

namespace funnel::wire {

Result<Features> Features::Parse(ByteView value) {
  if (value.empty() || value.size() > 8) return Fail("features are 1 to 8 bytes");
  if (value[0] == 0) return Fail("features begin with a zero byte");
  std::uint64_t bits = 0;
  for (std::uint8_t byte : value) bits = bits << 8 | byte;
  return Features(bits);
}

Bytes Features::Serialize() const {
  Bytes value;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto byte = static_cast<std::uint8_t>(bits_ >> shift);
    if (byte != 0 || !value.empty()) value.push_back(byte);
  }
  return value;
}

std::optional<std::string_view> KindText(Features features) {
  const Features kind = features.Common(kKinds);
  if (kind == Features{Feature::kDatagrams}) return "datagrams (UDP)";
  if (kind == Features{Feature::kConnections}) return "connections (TCP)";
  return std::nullopt;
}

}  // namespace funnel::wire
