// One listening socket's membership in the groups of [listen] multicast. An interface may come
// late, or go and come back as another one: so each group is joined again now and then, which
// changes nothing where the socket is a member already.
//
// Owned by a Listener, on the loop's thread.
#pragma once

#include <memory>
#include <vector>

#include "common/base/error.h"
#include "funnel-udpd/shared_state.h"

namespace funnel::udpd {

class GroupMember {
 public:
  explicit GroupMember(SharedState& shared);

  // FD, which is bound to an address of FAMILY and outlives this, joins the groups of that family
  // that the configuration names, and leaves others. A group that cannot be joined is counted,
  // logged once, and tried again. FD gets nothing of groups that only other programs of this host
  // have joined.
  void Configure(int fd, int family);

 private:
  void JoinAll();

  SharedState& shared_;
  int fd_ = -1;
  std::vector<config::MulticastGroup> groups_;
  bool reported_ = false;  // that one cannot be joined; until all are
  std::unique_ptr<event::Timer> again_;
};

}  // namespace funnel::udpd
