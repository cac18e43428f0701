#include "common/config/keys/retired.h"

#include <algorithm>
#include <iterator>

namespace funnel::config {
namespace {

constexpr Retired kRetired[] = {
    {
        .section = "sctp",
        .key = "engine",
        .value = "userland",
        .stands_for = "own",
        .advice = "userland was libusrsctp, which left with version 0.2; it is read as own",
    },
    {
        .section = "sctp",
        .key = "congestion-unit",
        .value = {},
        .stands_for = {},
        .advice = "is ignored since version 0.2: SCTP of Funnel's own needs no such unit",
    },
};

}  // namespace

const Retired* FindRetired(std::string_view section, std::string_view key, std::string_view text) {
  const auto* found = std::ranges::find_if(kRetired, [&](const Retired& one) {
    return one.section == section && one.key == key && (one.value.empty() || one.value == text);
  });
  return found == std::end(kRetired) ? nullptr : found;
}

}  // namespace funnel::config
