#include "funnel-sctpd/engine/own/own_engine.h"

#include "funnel-sctpd/engine/own/own_core.h"
#include "funnel-sctpd/engine/packet/udp_link.h"

namespace funnel::sctp {

Result<std::unique_ptr<Engine>> MakeOwnEngine(const Settings& settings,
                                              std::vector<UniqueFd> sockets,
                                              EngineObserver& observer) {
  std::unique_ptr<PacketLink> link = TRY(UdpLink::Make(std::move(sockets)));
  return TRY(OwnCore::Make(settings, std::move(link), observer));
}

}  // namespace funnel::sctp
