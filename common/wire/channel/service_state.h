// SERVING: what the acceptor's service does with new sessions. The acceptor reports each change,
// and the initiator keeps the last one, which is not always the one that came last. A channel
// begins with kYes at both ends.
//
// Owned by the channel.
#pragma once

#include <optional>

#include "common/wire/frame/record.h"

namespace funnel::wire {

class ServiceState {
 public:
  // Acceptor: what to send for STATE; nullopt: the peer knows it.
  [[nodiscard]] std::optional<ServingRecord> Report(Serving state);
  // Initiator: RECORD came. Whether it says something new.
  [[nodiscard]] bool OnServing(const ServingRecord& record);

  [[nodiscard]] Serving state() const { return state_; }

 private:
  Serving state_ = Serving::kYes;
  std::uint64_t serial_ = 0;  // of the last record; the first one has 1
};

}  // namespace funnel::wire
