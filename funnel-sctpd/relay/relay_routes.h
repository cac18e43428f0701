// Which peers' OPENs this node passes on, and to which peers: what [relay] of the services says. An
// OPEN for another node than ours is a relay's. Owned by the ChannelTable.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "common/wire/frame/open.h"
#include "funnel-sctpd/association/associations.h"
#include "funnel-sctpd/relay/passing_nonces.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

class RelayRoutes {
 public:
  struct Denial {
    std::string why;
    wire::RefusalCode code = wire::RefusalCode::kNoRoute;
    // A peer for which we relay nothing does not learn why: that would show our configuration.
    bool is_secret = false;
  };
  struct Verdict {
    const config::ServiceConfig& service;  // of the present configuration
    std::expected<void, Denial> allowed;
  };

  RelayRoutes(SharedState& shared, Associations& associations)
      : shared_(shared), associations_(associations) {}

  // Whether OPEN, which came from the peer FROM, may be passed on; nullopt: it is no relay's
  // business.
  [[nodiscard]] std::optional<Verdict> Judge(const std::string& from, ByteView open_body);
  // One more channel passes on an OPEN of this nonce.
  [[nodiscard]] PassingNonces::Hold Hold(const Nonce& nonce) { return passing_.Add(nonce); }

 private:
  // The service that passes OPEN on, one that allows it for FROM if there is one; nullptr: none.
  [[nodiscard]] const config::ServiceConfig* FindService(const std::string& from,
                                                         const wire::OpenBody& open) const;
  // What keeps SERVICE from passing OPEN on, though it stands in its configuration.
  [[nodiscard]] std::expected<void, Denial> CheckHop(const std::string& from,
                                                     const config::ServiceConfig& service,
                                                     const wire::OpenBody& open);

  SharedState& shared_;
  Associations& associations_;
  PassingNonces passing_;
};

}  // namespace funnel::sctpd
