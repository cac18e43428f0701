// What a file of peers.d says; model.h has the rules of these structs.
#pragma once

#include <string>
#include <vector>

#include "common/config/address.h"
#include "common/config/origin.h"
#include "common/config/principal.h"

namespace funnel::config {

enum class Carrier { kAuto, kDirect, kUdp };
enum class When { kAlways, kOnDemand };

// peers.d/NAME.ini
struct PeerConfig {
  std::string name;
  std::string node;
  Principal principal;  // the peer's authd
  Principal identity;   // ours towards that peer; default funnel/NODE@(the peer's realm)
  std::vector<Endpoint>
      connect;  // port 0: udp-port or sctp-port by carrier; empty: it connects to us
  Carrier carrier = Carrier::kAuto;
  When when = When::kAlways;
  std::vector<Network> client_networks;
  Origins origins;
};

}  // namespace funnel::config
