// Circles of services: data that goes in at one node's listener comes out at another node into the
// listener of a service that carries it back, and so on for ever. A channel that would close such a
// circle is refused.
//
// Each OPEN says which services feed the one that it opens. An acceptor repeats what it learned
// about its service in the OPENs of the services that this one feeds, so circles of three nodes are
// found, too. Thread: the loop's, except for the function, which is pure.
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
  // For the OPEN of SERVICE, which has a [listen] section.
  [[nodiscard]] std::vector<wire::Feed> FeedsOf(const config::Configuration& config,
                                                const ServiceName& service) const;
  // PEER has opened SERVICE, which has a [connect] section; its OPEN named these feeds.
  void Learn(const ServiceName& service, const std::string& peer, std::vector<wire::Feed> feeds);

 private:
  std::map<ServiceName, std::map<std::string, std::vector<wire::Feed>>> received_;
};

// Whether SERVICE may be opened, given the feeds that its OPEN names. The error begins with
// "circle"; the authenticated initiator may read it, too.
[[nodiscard]] Result<> RequireNoCircle(const config::Configuration& config,
                                       const config::ServiceConfig& service,
                                       const wire::OpenBody& open);

}  // namespace funnel::authd
