// What a service's module says about one datagram (modules/module.h), in the terms of the wire. An
// answer that no module may give counts as none, so that nobody else has to check.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/bytes.h"
#include "common/module/service_module.h"
#include "common/wire/session/datagram_terms.h"
#include "modules/module.h"

namespace funnel::module {

struct DatagramVerdict {
  bool recognised = false;
  wire::DatagramTerms terms;
  // Datagrams of one flow with the same one ask for the same; nullopt: if their bytes are equal.
  std::optional<std::uint64_t> meaning;
  const char* label = nullptr;  // the module's constant text, or nullptr
  std::optional<std::uint64_t> number;
};

// Asks MODULE, which is for datagrams, about BYTES of SENDER. LIFETIME is the service's; 0: no
// datagram expires.
[[nodiscard]] DatagramVerdict ReadDatagram(const ServiceModule& module, funnel_end sender,
                                           ByteView bytes, std::chrono::milliseconds lifetime);

}  // namespace funnel::module
