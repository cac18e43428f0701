// The engine on the kernel's SCTP (lksctp-tools' libsctp): straight over IP, and over UDP (RFC
// 6951) where the host has set net.sctp.udp_port.
#pragma once

#include <memory>
#include <vector>

#include "common/base/error.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/engine/settings.h"

namespace funnel::sctp {

struct KernelOptions {
  // Our addresses, for all associations (multihoming); their ports do not count. Empty: all that
  // this host has.
  std::vector<TransportAddress> local;
  // Whether peers may connect to us, at Settings::sctp_port, both over IP and over UDP.
  bool accept = true;
};

// OBSERVER outlives the engine. Fails, saying what to do, where ProbeKernel() misses SCTP or (with
// Settings::interleaving) I-DATA; without UDP, Connect says so. One process may have several, of
// which one accepts. Connecting associations have source ports of the kernel's choice, so that two
// nodes behind one address of a NAT do not meet.
//
// The limits on strangers' packets have no effect here: the kernel has no such settings.
// AssociationStats::bytes_in and bytes_out count messages only.
[[nodiscard]] Result<std::unique_ptr<Engine>> MakeKernelEngine(const Settings& settings,
                                                               KernelOptions options,
                                                               EngineObserver& observer);

}  // namespace funnel::sctp
