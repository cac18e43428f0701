#include "funnel-udpd/datagram_reader.h"

#include <string>
#include <utility>

#include "common/base/log.h"

namespace funnel::udpd {
namespace {

void ReportMismatch(SharedState& shared, bool strict) {
  if (std::exchange(shared.mismatch_reported, true)) return;
  Log(LogLevel::kWarning, "module-mismatch",
      "a datagram is not what module " + std::string(shared.module->module().name) +
          " knows: " + (strict ? "it is dropped" : "it is sent as it would be without the module") +
          " (said once; the counters go on)",
      {{"SERVICE", shared.service.name.text()}});
}

}  // namespace

std::optional<module::DatagramVerdict> ReadDatagram(SharedState& shared, funnel_end sender,
                                                    const service::Datagram& datagram) {
  const std::chrono::milliseconds lifetime = shared.service.lifetime;
  if (!shared.module)
    return module::DatagramVerdict{.recognised = false,
                                   .terms = {.lifetime = lifetime, .dscp = datagram.dscp},
                                   .meaning = {},
                                   .number = {}};

  module::DatagramVerdict verdict =
      module::ReadDatagram(*shared.module, sender, datagram.bytes, lifetime);
  verdict.terms.dscp = datagram.dscp;
  if (!verdict.recognised) {
    const bool strict = shared.service.module_strict;
    shared.Count(strict ? kModuleDropped : kModuleNotRecognised);
    ReportMismatch(shared, strict);
    if (strict) return std::nullopt;
    return verdict;
  }

  shared.Count(kModuleRecognised);
  // What the service's own lifetime would not have made so.
  if (verdict.terms.lifetime > lifetime ||
      (verdict.terms.lifetime.count() == 0 && lifetime.count() > 0))
    shared.Count(kModuleReliable);
  return verdict;
}

void SendDatagram(service::ChannelHandle& channel, SessionId session, ByteView datagram,
                  const module::DatagramVerdict& verdict) {
  if (!channel.wire().SendDatagram(session, datagram, verdict.terms)) return;
  channel.TraceDatagram(session, {verdict.label, verdict.number});
  channel.RequestFlush();
}

}  // namespace funnel::udpd
