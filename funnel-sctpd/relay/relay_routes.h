// Which peers' OPENs this node relays, and to which peers, by [relay] of the services. An OPEN for
// another node is an OPEN to relay. Owned by the ChannelTable.
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
    // A peer for which we do not relay must not learn the reason, which would disclose our
    // configuration.
    bool is_secret = false;
  };
  struct Verdict {
    const config::ServiceConfig& service;  // of the present configuration
    std::expected<void, Denial> allowed;
  };

  RelayRoutes(SharedState& shared, Associations& associations)
      : shared_(shared), associations_(associations) {}

  // Whether OPEN, which came from the peer FROM, may be relayed; nullopt: it is not an OPEN to
  // relay.
  [[nodiscard]] std::optional<Verdict> Judge(const std::string& from, ByteView open_body);
  // Another channel relays an OPEN with this nonce.
  [[nodiscard]] PassingNonces::Hold Hold(const Nonce& nonce) { return passing_.Add(nonce); }

 private:
  // The service that relays OPEN, if possible one that allows FROM; nullptr: there is none.
  [[nodiscard]] const config::ServiceConfig* FindService(const std::string& from,
                                                         const wire::OpenBody& open) const;
  // What keeps SERVICE from relaying OPEN, although its configuration names it.
  [[nodiscard]] std::expected<void, Denial> CheckHop(const std::string& from,
                                                     const config::ServiceConfig& service,
                                                     const wire::OpenBody& open);

  SharedState& shared_;
  Associations& associations_;
  PassingNonces passing_;
};

}  // namespace funnel::sctpd
