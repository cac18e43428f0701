// Limits what packets that belong to no association may cost: the answers a second in all and for
// one host, in constant memory. A packet beyond a limit is not answered.
#pragma once

#include <vector>

#include "common/base/token_bucket.h"
#include "sctp/base/address.h"

namespace sctp {

class Strangers {
 public:
  struct Settings {
    funnel::TokenBucket::Rate all{200, 400};
    funnel::TokenBucket::Rate host{20, 40};
    // How many hosts are distinguished: hosts with the same hash share a bucket.
    std::size_t buckets = 1024;
  };
  // SALT keeps an attacker from choosing whose bucket it empties.
  Strangers(const Settings& settings, std::uint64_t salt)
      : settings_(settings), hosts_(settings.buckets), salt_(salt) {}

  // Whether a packet from that address may be answered now. The host's share is checked first: a
  // host that exceeds it takes nothing from the others.
  [[nodiscard]] bool Admit(const Address& from, TimePoint now) {
    Address host = from;
    host.port = 0;
    const std::uint64_t hash = (std::hash<Address>{}(host) ^ salt_) * 0x9e3779b97f4a7c15;
    return hosts_[(hash >> 20) % hosts_.size()].Take(settings_.host, now) &&
           all_.Take(settings_.all, now);
  }

 private:
  Settings settings_;
  funnel::TokenBucket all_;
  std::vector<funnel::TokenBucket> hosts_;
  std::uint64_t salt_;
};

}  // namespace sctp
