#include "common/wire/channel/service_state.h"

#include <utility>

namespace funnel::wire {

std::optional<ServingRecord> ServiceState::Report(Serving state) {
  if (std::exchange(state_, state) == state) return std::nullopt;
  return ServingRecord{++serial_, state};
}

bool ServiceState::OnServing(const ServingRecord& record) {
  if (record.serial <= serial_) return false;
  serial_ = record.serial;
  return std::exchange(state_, record.state) != record.state;
}

}  // namespace funnel::wire
