// Who a flow of the server side belongs to: only the same principal may continue its flows.
#pragma once

#include <string>

namespace funnel::udpd {

struct FlowOwner {
  std::string principal;      // the far end's
  std::string client, local;  // wire::SessionInfo

  // It differs for all flows, over all channels: no part has a NUL byte (on the wire addresses are
  // printable text).
  [[nodiscard]] std::string text() const {
    const char separator = '\0';
    return principal + separator + client + separator + local;
  }
  // TEXT is one of text().
  [[nodiscard]] static FlowOwner Of(const std::string& text) {
    const std::size_t client = text.find('\0') + 1;
    const std::size_t local = text.find('\0', client) + 1;
    return {text.substr(0, client - 1), text.substr(client, local - 1 - client),
            text.substr(local)};
  }
};

}  // namespace funnel::udpd
