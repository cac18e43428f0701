// Circles of services: what goes in at one node's listener comes out at another node into the
// listener of a service that brings it back, and so on for ever. A channel that would close one is
// refused.
//
// Each OPEN says which services feed the one that it opens; what an acceptor heard of its service
// it passes on in the OPENs of those that this one feeds, so that circles of three nodes are found
// too. Thread: the loop's, but for the function, which is pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/config/model.h"
#include "common/wire/frame/open.h"

namespace funnel::authd {

class Circles {
 public:
  // For OPEN of SERVICE, which has a [listen] section.
  [[nodiscard]] std::vector<wire::Feed> FeedsOf(const config::Configuration& config,
                                                const ServiceName& service) const;
  // PEER has opened SERVICE, which has a [connect] section, with these.
  void Learn(const ServiceName& service, const std::string& peer, std::vector<wire::Feed> feeds);

 private:
  std::map<ServiceName, std::map<std::string, std::vector<wire::Feed>>> heard_;
};

// Whether SERVICE may be opened by what OPEN says of its feeds. The error begins with "circle" and
// is for the authenticated initiator too.
[[nodiscard]] Result<> RequireNoCircle(const config::Configuration& config,
                                       const config::ServiceConfig& service,
                                       const wire::OpenBody& open);

}  // namespace funnel::authd
