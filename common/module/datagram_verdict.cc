#include "common/module/datagram_verdict.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace funnel::module {
namespace {

using std::chrono::milliseconds;

milliseconds LifetimeOf(const funnel_datagram& said, milliseconds configured) {
  const milliseconds own(said.lifetime_ms);
  switch (said.delivery) {
    case FUNNEL_RELIABLE:
      return own;
    case FUNNEL_EXPIRES:
      if (own.count() == 0) return configured;
      return configured.count() == 0 ? own : std::min(own, configured);
    default:
      return configured;
  }
}

bool IsRecognised(const funnel_datagram& said) {
  return said.delivery != FUNNEL_AS_CONFIGURED || said.urgent != 0 || said.resend_key_size != 0 ||
         said.label != nullptr;
}

}  // namespace

DatagramVerdict ReadDatagram(const ServiceModule& module, funnel_end sender, ByteView bytes,
                             milliseconds lifetime) {
  funnel_datagram said{};
  module.module().datagram(module.config(), sender, bytes.data(), bytes.size(), &said);
  DatagramVerdict verdict{
      .recognised = IsRecognised(said),
      .terms = {.lifetime = LifetimeOf(said, lifetime), .urgent = said.urgent != 0},
      .meaning = {},
      .label = said.label,
      .number = {}};
  if (said.resend_key_size > 0 && said.resend_key_size <= FUNNEL_RESEND_KEY_MAX)
    verdict.meaning =
        std::hash<std::string_view>{}(AsText(ByteView(said.resend_key, said.resend_key_size)));
  if (said.numbered != 0) verdict.number = said.number;
  return verdict;
}

}  // namespace funnel::module
