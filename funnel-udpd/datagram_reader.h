// Reads each datagram that is about to be sent over a channel with the service's module, if it has
// one: with which terms it goes, and what makes a repetition of it. It counts what it finds.
#pragma once

#include <optional>

#include "common/module/datagram_verdict.h"
#include "common/service/application.h"
#include "funnel-udpd/shared_state.h"

namespace funnel::udpd {

// Without a module, and for what the module does not recognise, the service's own terms. nullopt:
// it must be dropped, since the service is strict.
[[nodiscard]] std::optional<module::DatagramVerdict> ReadDatagram(
    SharedState& shared, funnel_end sender, const service::Datagram& datagram);

// Sends DATAGRAM as SESSION of CHANNEL as VERDICT says, at the end of this turn.
void SendDatagram(service::ChannelHandle& channel, SessionId session, ByteView datagram,
                  const module::DatagramVerdict& verdict);

}  // namespace funnel::udpd
