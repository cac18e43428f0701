// The contexts that edges hold: what authd must remember of each to rekey and to revoke it. No key
// is stored here; the exporter secret is derived from one and opens nothing.
//
// Thread: the loop's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/secret.h"
#include "common/base/shares.h"
#include "common/wire/frame/types.h"

namespace funnel::authd {

// One connection to authd.sock.
using ClientId = StrongId<struct ClientTag, std::uint64_t>;
using ContextId = StrongId<struct ContextTag, std::uint64_t>;

struct ContextRecord {
  ClientId client;
  ServiceName service;
  wire::Role role = wire::Role::kInitiator;
  std::string local_principal;
  std::string peer_principal;
  std::uint16_t suite = 1;  // rekeys keep it
  Secret exporter;
  Shares::Slot slot;  // in the table
};

class Contexts {
 public:
  // nullopt: its service has used up its share, or there are too many in all.
  [[nodiscard]] std::optional<ContextId> Add(ContextRecord record);
  // nullptr: there is no such context, or it is another client's.
  [[nodiscard]] const ContextRecord* Find(ContextId id, ClientId client) const;
  void Release(ContextId id, ClientId client);
  void ReleaseAllOf(ClientId client);
  void set_limits(Shares::Limits limits) { slots_.set_limits(limits); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }

  struct Taken {
    ContextId id;
    ContextRecord record;
    std::string reason;
  };
  // Removes the contexts for which CHECK fails, and returns why.
  template <typename Check>
  [[nodiscard]] std::vector<Taken> TakeForbidden(Check&& check) {
    std::vector<Taken> taken;
    for (auto it = records_.begin(); it != records_.end();) {
      auto allowed = check(static_cast<const ContextRecord&>(it->second));
      if (allowed) {
        ++it;
        continue;
      }
      taken.push_back({it->first, std::move(it->second), allowed.error().message});
      it = records_.erase(it);
    }
    return taken;
  }

 private:
  Shares slots_;  // one a service
  std::uint64_t last_ = 0;
  std::map<ContextId, ContextRecord> records_;
};

}  // namespace funnel::authd
