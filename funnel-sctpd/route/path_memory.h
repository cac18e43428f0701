// What is remembered about peers over a restart: which path worked last, and until when direct SCTP
// is not worth a try. It only saves time at a start; nothing depends on it.
//
// It is text: a line with format and version, then one line for each peer:
//
//   funnel-routes 1
//   hoster udp 192.0.2.1:9899 29899 1763737200
//
// peer, carrier, address, SCTP port, and from when direct SCTP is tried again (Unix time; 0: at
// once).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "funnel-sctpd/route/candidate.h"

namespace funnel::sctpd {

struct RememberedPath {
  Candidate candidate;  // address, carrier and SCTP port count
  std::int64_t direct_from_unix = 0;
  bool operator==(const RememberedPath&) const = default;
};

class PathMemory {
 public:
  // More than anybody's number of peers.
  static constexpr std::size_t kMaxPeers = 65536;

  // Adopts what TEXT says. The error names the first line that could not be read; all others are
  // adopted.
  [[nodiscard]] Result<> Parse(std::string_view text);
  [[nodiscard]] std::string Serialize() const;

  // nullptr: nothing is known.
  [[nodiscard]] const RememberedPath* Find(const std::string& peer) const;
  // True: it has changed.
  bool Set(const std::string& peer, const RememberedPath& remembered);
  bool Forget(const std::string& peer) { return peers_.erase(peer) != 0; }

 private:
  std::map<std::string, RememberedPath> peers_;
};

}  // namespace funnel::sctpd
