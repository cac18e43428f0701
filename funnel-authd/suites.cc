#include "funnel-authd/suites.h"

#include <algorithm>

#include "common/seal/key_shares.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace funnel::authd {
namespace {

// Whether AES-GCM is faster here than ChaCha20-Poly1305, and uses no tables that caches would
// reveal.
bool HasFastAes() {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("pclmul") != 0;
#elif defined(__aarch64__)
  return (getauxval(AT_HWCAP) & HWCAP_AES) != 0 && (getauxval(AT_HWCAP) & HWCAP_PMULL) != 0;
#else
  return false;
#endif
}

wire::SuiteList DefaultSuites() {
  if (HasFastAes()) return {3, 2, 5, 4, 1};
  return {5, 4, 3, 2, 1};
}

}  // namespace

wire::SuiteList UsableSuites(const wire::SuiteList& configured) {
  wire::SuiteList usable = configured.empty() ? DefaultSuites() : configured;
  std::erase_if(usable, [](std::uint16_t number) { return !seal::HasSuite(number); });
  return usable;
}

const wire::SuiteTraits* ChooseSuite(const wire::SuiteList& ours, const wire::OpenBody& open) {
  const auto found = std::find_if(ours.begin(), ours.end(), [&open](std::uint16_t number) {
    return open.Offers(wire::kProtocolVersion, number);
  });
  return found == ours.end() ? nullptr : wire::FindSuite(*found);
}

std::string WhyNotBetter(const wire::SuiteList& ours, std::uint16_t chosen, bool we_chose,
                         bool unproven) {
  if (!ours.empty() && ours.front() == chosen) return {};
  if (we_chose) return "the initiator offers none that is liked better here";
  if (unproven) return "the acceptor is of a version that has suite 1 only";
  return "the acceptor chose it among those offered";
}

}  // namespace funnel::authd
