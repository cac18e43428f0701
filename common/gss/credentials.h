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

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/gss/handles.h"

namespace funnel::gss {

class CredentialStore {
 public:
  // As long as an edge pauses at most after a refusal that nobody has signed.
  static constexpr std::chrono::seconds kDoubtInterval{3};

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
  // The keytab is read again at each handshake.
  [[nodiscard]] Result<Credential> AcquireAcceptor(const std::string& identity);
  // For tokens to any identity in the keytab.
  [[nodiscard]] Result<Credential> AcquireAnyAcceptor();

  // A peer refused a ticket of IDENTITY without saying why: it may have new keys, which tickets
  // from before do not fit. The next handshake gets all of them again. Where that fails the present
  // ones stay, since anybody on the path may have written the refusal; for the same reason nothing
  // happens within kDoubtInterval of the last time.
  void Doubt(const std::string& identity, TimePoint now);
  // After a reload: other files, or new content in them. All tickets are got again.
  void SetKeytabs(Keytabs keytabs);

  // End of the ticket-granting ticket, in seconds since 1970, as last seen.
  [[nodiscard]] std::optional<std::int64_t> TicketEnd(const std::string& identity) const;

 private:
  [[nodiscard]] Keytabs keytabs() const;
  [[nodiscard]] std::string CacheOf(const std::string& identity);
  [[nodiscard]] Result<Credential> AcquireInto(const std::string& cache,
                                               const std::string& identity);
  // Whether the tickets are to be got again; true once for each doubt.
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

// The principals that the keytab at PATH holds keys of.
[[nodiscard]] Result<std::set<std::string>> PrincipalsInKeytab(const std::string& path);

}  // namespace funnel::gss
