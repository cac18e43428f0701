#include "funnel-sctpd/route/candidate.h"

#include <algorithm>

namespace funnel::sctpd {

std::string_view Name(sctp::Carrier carrier) {
  return carrier == sctp::Carrier::kDirect ? "direct" : "udp";
}

std::string AddressText(const sctp::PeerPath& path) {
  std::string out = path.address.text();
  if (path.carrier == sctp::Carrier::kDirect) out.resize(out.rfind(':'));
  return out;
}

std::string PathText(const sctp::PeerPath& path) {
  return AddressText(path).append(" (").append(Name(path.carrier)).append(")");
}

std::vector<Candidate> CandidatesAt(const std::vector<ResolvedAddress>& addresses,
                                    const CandidateRules& rules) {
  bool direct = rules.carrier == config::Carrier::kDirect ||
                (rules.carrier == config::Carrier::kAuto && rules.direct_now);
  bool udp = rules.carrier != config::Carrier::kDirect;

  std::vector<Candidate> candidates;
  for (const ResolvedAddress& resolved : addresses) {
    std::uint16_t port = resolved.address.port();
    if (direct && resolved.carrier != sctp::Carrier::kUdp)
      candidates.push_back({resolved.address.WithPort(0), sctp::Carrier::kDirect,
                            port != 0 ? port : rules.sctp_port, resolved.priority, resolved.host});
    if (udp && resolved.carrier != sctp::Carrier::kDirect)
      candidates.push_back({resolved.address.WithPort(port != 0 ? port : rules.udp_port),
                            sctp::Carrier::kUdp, rules.sctp_port, resolved.priority,
                            resolved.host});
  }
  return candidates;
}

void Prefer(std::vector<Candidate>& candidates, const Candidate& good) {
  if (candidates.empty()) return;
  auto end = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
    return candidate.priority != candidates.front().priority;
  });
  std::stable_partition(candidates.begin(), end, [&](const Candidate& candidate) {
    return candidate.address.SameHost(good.address);
  });
}

bool IsBetter(const Candidate& candidate, const Candidate& used) {
  if (candidate.priority != used.priority) return candidate.priority < used.priority;
  return candidate.host == used.host && candidate.carrier == sctp::Carrier::kDirect &&
         used.carrier == sctp::Carrier::kUdp;
}

std::vector<sctp::PeerPath> PathsLike(const std::vector<Candidate>& candidates,
                                      const Candidate& used) {
  std::vector<sctp::PeerPath> paths;
  for (sctp::Carrier carrier : {sctp::Carrier::kDirect, sctp::Carrier::kUdp})
    for (const Candidate& candidate : candidates)
      if (candidate.carrier == carrier && candidate.host == used.host &&
          candidate.sctp_port == used.sctp_port &&
          std::ranges::find(paths, candidate.path()) == paths.end())
        paths.push_back(candidate.path());

  auto present = std::ranges::find(paths, used.path());
  if (present == paths.end()) {
    paths.push_back(used.path());
    present = std::prev(paths.end());
  }

  if (present - paths.begin() >= static_cast<std::ptrdiff_t>(sctp::Engine::kMaxPaths))
    std::swap(*present, paths[sctp::Engine::kMaxPaths - 1]);
  if (paths.size() > sctp::Engine::kMaxPaths) paths.resize(sctp::Engine::kMaxPaths);
  return paths;
}

}  // namespace funnel::sctpd
