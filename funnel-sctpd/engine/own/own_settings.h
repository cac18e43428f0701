// The engine's settings in the words of the SCTP core (sctp/).
#pragma once

#include "funnel-sctpd/engine/address.h"
#include "funnel-sctpd/engine/settings.h"
#include "sctp/endpoint/endpoint.h"

namespace funnel::sctp {

[[nodiscard]] ::sctp::EndpointSettings CoreSettings(const Settings& settings);

// The largest SCTP packet to PEER, its header included.
[[nodiscard]] std::size_t PacketBytes(const Settings& settings, const TransportAddress& peer);

// Addresses there and back. LOCAL, of ours, goes along and is not compared.
[[nodiscard]] ::sctp::Address CoreAddress(const TransportAddress& peer,
                                          const std::array<std::uint8_t, 16>& local = {});
[[nodiscard]] TransportAddress EngineAddress(const ::sctp::Address& address);

}  // namespace funnel::sctp
