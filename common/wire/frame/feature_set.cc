#include "common/wire/frame/feature_set.h"

#include <algorithm>
#include <bit>
#include <iterator>

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

std::string NamesOf(Features features) {
  std::string names;
  for (std::uint64_t left = features.bits(); left != 0; left &= left - 1) {
    const int bit = std::countr_zero(left);
    const auto* row =
        std::ranges::find(kFeatureTable, static_cast<Feature>(bit), &FeatureRow::feature);
    if (!names.empty()) names += ' ';
    names += row != std::end(kFeatureTable) ? std::string(row->name) : "bit " + std::to_string(bit);
  }
  return names.empty() ? "none" : names;
}

std::optional<std::string_view> KindText(Features features) {
  const Features kind = features.Common(kKinds);
  if (kind == Features{Feature::kDatagrams}) return "datagrams (UDP)";
  if (kind == Features{Feature::kConnections})
    return features.Has(Feature::kTargets) ? "connections to targets (SOCKS)" : "connections (TCP)";
  if (kind == Features{Feature::kCommands}) return "commands";
  if (kind == Features{Feature::kAssociations}) return "associations (SCTP)";
  return std::nullopt;
}

}  // namespace funnel::wire
