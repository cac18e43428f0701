// Two hosts for tests of engines: network namespaces of this machine, with two links between them.
//
//    a 10.78.0.1 fd78::1 ====== lan ====== 10.78.0.2 fd78::2 b
//      10.79.0.1         ====== alt ====== 10.79.0.2
//
// Needs root; made once for a process, gone with it.
#pragma once

#include <string>

#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/address.h"

namespace funnel::sctp::test {

enum class Host { kA, kB };

class TwoHosts {
 public:
  // Before anything else; the first call makes them. Ends the process with a message where that
  // fails.
  static void Make();

  // This thread is on HOST as long as this lives. They nest.
  class On {
   public:
    explicit On(Host host);
    ~On();
    On(const On&) = delete;
    On& operator=(const On&) = delete;

   private:
    UniqueFd before_;
  };

  [[nodiscard]] static TransportAddress Address(Host host, std::uint16_t port, bool ipv6 = false);
  // On the second link.
  [[nodiscard]] static TransportAddress OtherAddress(Host host, std::uint16_t port);

  // Runs a shell command there; false if it fails.
  static bool Run(Host host, const std::string& command);
  static void WriteSysctl(Host host, const char* name, unsigned value);
  // From now on no IPv4 packet arrives over the link (both ways), and neither end is informed.
  static void Cut(const char* link = "lan");
  static void Heal(const char* link = "lan");
  // Of the IPv4 packets that arrive over both links this share is lost.
  static void Lose(double share);
  static void LoseNothing();
};

// The other one.
inline Host Opposite(Host host) { return host == Host::kA ? Host::kB : Host::kA; }

}  // namespace funnel::sctp::test
