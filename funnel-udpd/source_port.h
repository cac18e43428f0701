// The port that a client has at its own end, for source-port = same.
#pragma once

#include <cstdint>
#include <string_view>

namespace funnel::udpd {

// The port of CLIENT, an address as a far end has written it (wire::SessionInfo). 0: it has none.
[[nodiscard]] std::uint16_t PortOf(std::string_view client);

}  // namespace funnel::udpd
