// Which records may stand in a frame that can expire (man/funnel-protocol.7, "Frames").
#pragma once

#include <variant>

#include "common/wire/frame/record.h"

namespace funnel::wire {

template <typename... Kinds>
[[nodiscard]] bool IsOneOf(const Record& record) {
  return (std::holds_alternative<Kinds>(record) || ...);
}

[[nodiscard]] inline bool MayExpire(const Record& record) {
  return IsOneOf<DatagramRecord, OpeningRecord, PingRecord, PongRecord, PaddingRecord,
                 ConfirmRecord, ShareRecord, ModuleRecord, MarkRecord, ServingRecord,
                 SkippedRecord>(record);
}

}  // namespace funnel::wire
