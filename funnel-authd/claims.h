// One-time claims: each holds a context that authd has accepted for a service's edge, until that
// edge fetches it.
//
// sctpd carries the claim from authd to the edge. Nobody else can use it: only the edge of that
// service may redeem it, once, within the claim's life. Thread: the loop's.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/secret.h"
#include "common/base/shares.h"
#include "funnel-authd/agreement.h"

namespace funnel::authd {

// A context as its edge will get it.
struct AcceptedContext {
  ServiceName service;
  std::string local_principal;
  std::string peer_principal;
  Established established;
};

class Claims {
 public:
  static constexpr std::size_t kClaimSize = 32;
  // The limit in all, of which each service has its share; beyond it new handshakes are refused as
  // busy.
  static constexpr std::size_t kMaxClaims = 4096;

  explicit Claims(Duration lifetime) : lifetime_(lifetime) {}

  [[nodiscard]] bool HasRoom(const ServiceName& service) const {
    return slots_.HasRoom(service.text());
  }
  // nullopt: there is no room.
  [[nodiscard]] std::optional<Secret> Put(AcceptedContext context, TimePoint now);
  // Removes the claim, unless it belongs to another service.
  [[nodiscard]] Result<AcceptedContext> Redeem(ByteView claim, const ServiceName& service,
                                               TimePoint now);
  void Drop(ByteView claim);
  // Removes claims that were never redeemed in time, and returns how many.
  std::size_t Expire(TimePoint now);
  // Holds for claims that are put from now on.
  void set_services(std::size_t count) { slots_.set_limits(Shares::Halves(kMaxClaims, count)); }
  void set_lifetime(Duration lifetime) { lifetime_ = lifetime; }
  [[nodiscard]] std::size_t size() const { return claims_.size(); }

 private:
  struct Entry {
    AcceptedContext context;
    TimePoint ends;
    Shares::Slot slot;
  };
  // The SHA-256 of the claim, so that the time of a look-up says nothing about other claims.
  using Key = std::string;
  [[nodiscard]] static Key KeyOf(ByteView claim);

  Duration lifetime_;
  Shares slots_{Shares::Halves(kMaxClaims, 0)};  // one a service
  std::map<Key, Entry> claims_;
};

}  // namespace funnel::authd
