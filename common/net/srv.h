// Where DNS says that a peer is: SRV records (RFC 2782) at
//   _funnel._sctp.NAME   direct SCTP; their port is SCTP's
//   _funnel._udp.NAME    SCTP in UDP; their port is UDP's
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::net {

struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;  // without final dot; empty: the service is decidedly not offered
  bool operator==(const SrvRecord&) const = default;
};

// The records that a DNS message holds, in its order; at most kMaxSrvRecords of them.
inline constexpr std::size_t kMaxSrvRecords = 32;
[[nodiscard]] Result<std::vector<SrvRecord>> ParseSrvAnswer(ByteView message);

// Lower priorities first; within one, by chance in proportion to weight, as RFC 2782 says. RANDOM
// yields numbers from 0 to 1.
void OrderSrv(std::vector<SrvRecord>& records, const std::function<double()>& random);

// Asks the system's name servers, and waits as long as they take: not for the loop's thread. Empty
// where there are none; an error where nobody knows.
[[nodiscard]] Result<std::vector<SrvRecord>> LookUpSrv(const std::string& name);

}  // namespace funnel::net
