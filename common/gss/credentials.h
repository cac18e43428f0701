// Our identities: keys from keytabs, and as initiator tickets that the library gets and renews by
// itself from the client keytab. No kinit, no ticket on disk.
//
// Thread-safe. AcquireInitiator() may wait for a KDC: off the loop.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/base/error.h"
#include "common/gss/handles.h"

namespace funnel::gss {

class CredentialStore {
 public:
  struct Keytabs {
    std::string accept;  // paths
    std::string initiate;
  };

  explicit CredentialStore(Keytabs keytabs) : keytabs_(std::move(keytabs)) {}
  ~CredentialStore();
  CredentialStore(const CredentialStore&) = delete;
  CredentialStore& operator=(const CredentialStore&) = delete;

  // A ticket-granting ticket is got when there is none, or when half the life of the one at hand is
  // over; while the KDC is away that one serves to its end.
  [[nodiscard]] Result<Credential> AcquireInitiator(const std::string& identity);
  // The keytab is read anew at each handshake.
  [[nodiscard]] Result<Credential> AcquireAcceptor(const std::string& identity);
  // For tokens to any identity in the keytab.
  [[nodiscard]] Result<Credential> AcquireAnyAcceptor();

  // Drops the tickets of IDENTITY. A peer that refused ours may have new keys, which tickets from
  // before do not fit.
  void Forget(const std::string& identity);
  // After a reload: other files, or new content in them. All tickets are got anew.
  void SetKeytabs(Keytabs keytabs);

  // End of the ticket-granting ticket, in seconds since 1970, as last seen.
  [[nodiscard]] std::optional<std::int64_t> TicketEnd(const std::string& identity) const;

 private:
  [[nodiscard]] Keytabs keytabs() const;
  [[nodiscard]] std::string CacheOf(const std::string& identity);
  [[nodiscard]] Result<Credential> AcquireFromKeytab(Name name, const std::string& what);

  mutable std::mutex mutex_;
  Keytabs keytabs_;
  std::map<std::string, std::string> caches_;  // identity -> name of its MEMORY ccache
  std::map<std::string, std::int64_t> ticket_ends_;
};

// The principals that the keytab at PATH holds keys of.
[[nodiscard]] Result<std::set<std::string>> PrincipalsInKeytab(const std::string& path);

}  // namespace funnel::gss
