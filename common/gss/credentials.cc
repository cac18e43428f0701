#include "common/gss/credentials.h"

#include <krb5.h>

#include <atomic>
#include <ctime>
#include <memory>
#include <utility>

#include "common/gss/error.h"
#include "common/gss/names.h"

namespace funnel::gss {
namespace {

// A name is used only once, so that the stores of one process, or a cache and a dropped one, never
// share tickets.
std::atomic<std::uint64_t> g_next_cache{0};

struct Krb5Deleter {
  void operator()(krb5_context context) const { krb5_free_context(context); }
};
using Krb5Context = std::unique_ptr<std::remove_pointer_t<krb5_context>, Krb5Deleter>;

Krb5Context MakeKrb5Context() {
  krb5_context raw = nullptr;
  if (krb5_init_context(&raw) != 0) return nullptr;
  return Krb5Context(raw);
}

std::string NewCacheName() { return "MEMORY:funnel-" + std::to_string(++g_next_cache); }

void DestroyCache(const std::string& cache_name) {
  Krb5Context context = MakeKrb5Context();
  krb5_ccache cache = nullptr;
  if (context && krb5_cc_resolve(context.get(), cache_name.c_str(), &cache) == 0)
    krb5_cc_destroy(context.get(), cache);
}

struct Acquired {
  Credential credential;
  OM_uint32 life_seconds = 0;
};

Result<Acquired> Acquire(const Name& name, gss_cred_usage_t usage,
                         std::initializer_list<gss_key_value_element_desc> store,
                         const std::string& what) {
  const gss_key_value_set_desc set{static_cast<OM_uint32>(store.size()),
                                   const_cast<gss_key_value_element_desc*>(store.begin())};
  gss_OID_set_desc mechanisms{1, const_cast<gss_OID>(gss_mech_krb5)};
  Acquired acquired;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_acquire_cred_from(&minor, name.get(), GSS_C_INDEFINITE, &mechanisms, usage, &set,
                            acquired.credential.out(), nullptr, &acquired.life_seconds);
  if (GSS_ERROR(major)) return FailGss(what, major, minor);
  return acquired;
}

std::string Krb5Text(krb5_context context, krb5_error_code code) {
  const char* message = krb5_get_error_message(context, code);
  std::string text = message;
  krb5_free_error_message(context, message);
  return text;
}

Result<> RequireInKeytab(const std::string& path, const std::string& identity) {
  auto principals = PrincipalsInKeytab(path);
  if (!principals)
    return Fail("cannot act as " + identity + ": wrong keytab: " + principals.error().message);
  if (!principals->contains(identity))
    return Fail("cannot act as " + identity + ": wrong keytab: " + path + " has no key of it");
  return {};
}

}  // namespace

CredentialStore::~CredentialStore() {
  for (const auto& [identity, cache] : caches_) DestroyCache(cache);
}

CredentialStore::Keytabs CredentialStore::keytabs() const {
  const std::lock_guard lock(mutex_);
  return keytabs_;
}

std::string CredentialStore::CacheOf(const std::string& identity) {
  const std::lock_guard lock(mutex_);
  std::string& cache = caches_[identity];
  if (cache.empty()) cache = NewCacheName();
  return cache;
}

Result<Credential> CredentialStore::AcquireInitiator(const std::string& identity) {
  if (TakeDoubt(identity)) {
    std::string fresh = NewCacheName();
    auto acquired = AcquireInto(fresh, identity);
    if (acquired) {
      Replace(identity, std::move(fresh));
      return acquired;
    }
    DestroyCache(fresh);
  }
  return AcquireInto(CacheOf(identity), identity);
}

Result<Credential> CredentialStore::AcquireInto(const std::string& cache,
                                                const std::string& identity) {
  const std::string keytab = "FILE:" + keytabs().initiate;
  const Name name = TRY(ImportPrincipal(identity));
  auto acquired =
      Acquire(name, GSS_C_INITIATE, {{"client_keytab", keytab.c_str()}, {"ccache", cache.c_str()}},
              "cannot act as " + identity);
  if (!acquired) {
    // The library reports a missing key as a missing ticket cache: report what it is.
    TRY(RequireInKeytab(keytabs().initiate, identity));
    return std::unexpected(std::move(acquired).error());
  }

  if (acquired->life_seconds != 0 && acquired->life_seconds != GSS_C_INDEFINITE) {
    const std::lock_guard lock(mutex_);
    ticket_ends_[identity] = std::time(nullptr) + acquired->life_seconds;
  }
  return std::move(acquired->credential);
}

Result<Credential> CredentialStore::AcquireFromKeytab(Name name, const std::string& what) {
  const std::string keytab = "FILE:" + keytabs().accept;
  Acquired acquired = TRY(Acquire(name, GSS_C_ACCEPT, {{"keytab", keytab.c_str()}}, what));
  return std::move(acquired.credential);
}

Result<Credential> CredentialStore::AcquireAcceptor(const std::string& identity) {
  // MIT 1.20 leaks the name if the keytab lacks it, and a stranger decides how often that happens.
  TRY(RequireInKeytab(keytabs().accept, identity));
  Name name = TRY(ImportPrincipal(identity));
  return AcquireFromKeytab(std::move(name), "cannot act as " + identity);
}

Result<Credential> CredentialStore::AcquireAnyAcceptor() {
  return AcquireFromKeytab(Name(), "cannot use the keytab");
}

void CredentialStore::Doubt(const std::string& identity, TimePoint now) {
  const std::lock_guard lock(mutex_);
  // Without tickets there is nothing to renew.
  if (!caches_.contains(identity)) return;
  const auto [doubts, first] = doubts_.try_emplace(identity);
  if (!first && now - doubts->second.last < kDoubtInterval) return;
  doubts->second = {.last = now, .open = true};
}

bool CredentialStore::TakeDoubt(const std::string& identity) {
  const std::lock_guard lock(mutex_);
  auto found = doubts_.find(identity);
  return found != doubts_.end() && std::exchange(found->second.open, false);
}

void CredentialStore::Replace(const std::string& identity, std::string cache) {
  {
    const std::lock_guard lock(mutex_);
    caches_[identity].swap(cache);
  }
  if (!cache.empty()) DestroyCache(cache);
}

void CredentialStore::SetKeytabs(Keytabs keytabs) {
  std::map<std::string, std::string> old;
  {
    const std::lock_guard lock(mutex_);
    keytabs_ = std::move(keytabs);
    old.swap(caches_);
    ticket_ends_.clear();
    doubts_.clear();
  }
  for (const auto& [identity, cache] : old) DestroyCache(cache);
}

std::optional<std::int64_t> CredentialStore::TicketEnd(const std::string& identity) const {
  const std::lock_guard lock(mutex_);
  auto found = ticket_ends_.find(identity);
  if (found == ticket_ends_.end()) return std::nullopt;
  return found->second;
}

Result<std::set<std::string>> PrincipalsInKeytab(const std::string& path) {
  Krb5Context context = MakeKrb5Context();
  if (!context) return Fail("krb5.conf cannot be read");

  krb5_keytab keytab = nullptr;
  krb5_kt_cursor cursor = nullptr;
  if (auto code = krb5_kt_resolve(context.get(), ("FILE:" + path).c_str(), &keytab); code != 0)
    return Fail(path + ": " + Krb5Text(context.get(), code));

  std::set<std::string> principals;
  krb5_error_code code = krb5_kt_start_seq_get(context.get(), keytab, &cursor);
  if (code != 0) {
    const std::string text = Krb5Text(context.get(), code);
    krb5_kt_close(context.get(), keytab);
    return Fail(text);
  }

  krb5_keytab_entry entry;
  while (krb5_kt_next_entry(context.get(), keytab, &entry, &cursor) == 0) {
    char* text = nullptr;
    if (krb5_unparse_name(context.get(), entry.principal, &text) == 0) {
      principals.insert(text);
      krb5_free_unparsed_name(context.get(), text);
    }
    krb5_free_keytab_entry_contents(context.get(), &entry);  // wipes the key
  }

  krb5_kt_end_seq_get(context.get(), keytab, &cursor);
  krb5_kt_close(context.get(), keytab);
  return principals;
}

}  // namespace funnel::gss
