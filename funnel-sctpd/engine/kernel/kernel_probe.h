// What this host's kernel has of SCTP: for the choice of engine, and to say what is missing.
#pragma once

#include <cstdint>
#include <string>

namespace funnel::sctp {

struct KernelSupport {
  bool sctp = false;           // sockets can be made
  bool interleaving = false;   // I-DATA (RFC 8260): sysctl net.sctp.intl_enable
  std::uint16_t udp_port = 0;  // sysctl net.sctp.udp_port (RFC 6951); 0: none
  // What is missing, and what to do about it; a sentence each, empty where nothing is.
  std::string why_no_sctp, why_no_interleaving, why_no_udp;
};

// Of this process's network namespace, as of now. Making a socket loads the kernel's module, where
// it may be loaded.
[[nodiscard]] KernelSupport ProbeKernel();

// Whether the kernel answers SCTP packets in this network namespace. If so, it sends ABORT to the
// peers of an SCTP in a process that send straight over IP. Loads nothing.
[[nodiscard]] bool KernelAnswersSctp();

}  // namespace funnel::sctp
