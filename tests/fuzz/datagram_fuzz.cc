// The datagram half of the module that this is linked with. The first byte says who sends it (1:
// the server), the rest is the datagram.
//
// Whatever it is, the verdict is one that a module may give, and the same for the same bytes; and
// what was not recognised has no terms.
#include <cstring>

#include "common/base/bytes.h"
#include "modules/module.h"
#include "tests/fuzz/entry.h"

using namespace funnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const funnel_end sender = (data[0] & 1) != 0 ? FUNNEL_SERVER : FUNNEL_CLIENT;
  // A copy of its own size: a read past its end is found.
  const Bytes bytes(data + 1, data + size);
  char error[256];
  std::size_t wrong = 0;
  void* config = ::funnel_module.configure(nullptr, 0, &wrong, error, sizeof error);
  FUZZ_REQUIRE(config != nullptr);

  funnel_datagram verdict{}, again{};
  ::funnel_module.datagram(config, sender, bytes.data(), bytes.size(), &verdict);
  ::funnel_module.datagram(config, sender, bytes.data(), bytes.size(), &again);
  FUZZ_REQUIRE(std::memcmp(&verdict, &again, sizeof verdict) == 0);
  FUZZ_REQUIRE(verdict.delivery <= FUNNEL_RELIABLE);
  FUZZ_REQUIRE(verdict.delivery != FUNNEL_EXPIRES || verdict.lifetime_ms > 0);
  FUZZ_REQUIRE(verdict.resend_key_size <= FUNNEL_RESEND_KEY_MAX);
  if (verdict.label == nullptr)
    FUZZ_REQUIRE(verdict.delivery == 0 && verdict.urgent == 0 && verdict.resend_key_size == 0);

  ::funnel_module.release(config);
  return 0;
}
