// Our identities: keys from keytabs, and for initiators tickets, which the library gets and renews
// by itself from the client keytab. There is no kinit and no ticket on disk.
//
// Thread-safe. AcquireInitiator() may wait for a KDC: do not call it on the loop.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/gss/handles.h"

namespace funnel::gss {

class CredentialStore {
 public:
  // As long as the longest pause of an edge after an unauthenticated refusal.
  static constexpr std::chrono::seconds kDoubtInterval{3};

  struct Keytabs {
    std::string accept;  // paths
    std::string initiate;
  };

  explicit CredentialStore(Keytabs keytabs) : keytabs_(std::move(keytabs)) {}
  ~CredentialStore();
  CredentialStore(const CredentialStore&) = delete;
  CredentialStore& operator=(const CredentialStore&) = delete;

  // A ticket-granting ticket is fetched if there is none, or if the present one is past half of its
  // life; while the KDC is away, the present one is used until it ends.
  [[nodiscard]] Result<Credential> AcquireInitiator(const std::string& identity);
  // Reads the keytab again at each handshake.
  [[nodiscard]] Result<Credential> AcquireAcceptor(const std::string& identity);
  // For tokens that may be for any identity in the keytab.
  [[nodiscard]] Result<Credential> AcquireAnyAcceptor();

  // A peer refused a ticket of IDENTITY without a reason: it may have new keys, for which older
  // tickets are useless. The next handshake fetches all tickets again. If that fails the present
  // ones stay, because anybody on the path may have written the refusal; for the same reason a
  // second call within kDoubtInterval does nothing.
  void Doubt(const std::string& identity, TimePoint now);
  // After a reload: the files, or their content, may be others. All tickets are fetched again.
  void SetKeytabs(Keytabs keytabs);

  // When the ticket-granting ticket ends, in seconds since 1970, as last seen.
  [[nodiscard]] std::optional<std::int64_t> TicketEnd(const std::string& identity) const;

 private:
  [[nodiscard]] Keytabs keytabs() const;
  // The name of IDENTITY's ticket cache, which is made if there is none.
  [[nodiscard]] std::string CacheOf(const std::string& identity);
  [[nodiscard]] Result<Credential> AcquireInto(const std::string& cache,
                                               const std::string& identity);
  // Whether the tickets must be fetched again; true once for each doubt.
  [[nodiscard]] bool TakeDoubt(const std::string& identity);
  void Replace(const std::string& identity, std::string cache);
  [[nodiscard]] Result<Credential> AcquireFromKeytab(Name name, const std::string& what);

  mutable std::mutex mutex_;
  Keytabs keytabs_;
  std::map<std::string, std::string> caches_;  // identity -> name of its MEMORY ccache
  std::map<std::string, std::int64_t> ticket_ends_;
  struct Doubts {
    TimePoint last;
    bool open = false;
  };
  std::map<std::string, Doubts> doubts_;
};

// The principals that have keys in the keytab at PATH.
[[nodiscard]] Result<std::set<std::string>> PrincipalsInKeytab(const std::string& path);

}  // namespace funnel::gss
