// The backend as one channel may use it: the dialer, with what the channel's peer may claim about
// its clients. Owned together with the channel's SessionPump.
#pragma once

#include "funnel-tcpd/client_policy.h"
#include "funnel-tcpd/dialer.h"

namespace funnel::tcpd {

class Backend {
 public:
  Backend(SharedState& shared, Dialer& dialer, ClientPolicy policy);

  // As Dialer::Dial. An error: the service has proxy-protocol, and the client's address may not be
  // passed to the backend; logged and counted.
  [[nodiscard]] Result<DialId> Dial(const wire::SessionInfo& info, Dialer::Done done);
  // For sessions from now on.
  void set_policy(ClientPolicy policy) { policy_ = std::move(policy); }
  void Cancel(DialId id) { dialer_.Cancel(id); }

 private:
  SharedState& shared_;
  Dialer& dialer_;
  ClientPolicy policy_;
};

}  // namespace funnel::tcpd
