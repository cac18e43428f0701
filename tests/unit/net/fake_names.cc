#include "tests/unit/net/fake_names.h"

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "common/base/socket_address.h"

namespace funnel::net {
namespace {

// One object; its canonical name shows freeaddrinfo that it is not the C library's.
struct Entry {
  addrinfo info{};
  SocketAddress address;
};
char fake_mark[] = "fake";

struct Names {
  std::mutex mutex;
  std::condition_variable given;
  std::map<std::string, std::vector<std::string>> all;
  std::set<std::string> held;
};
Names& TheNames() {
  static Names names;
  return names;
}

std::vector<std::string> Find(const char* name) {
  const std::string asked = name == nullptr ? "" : name;
  std::unique_lock lock(TheNames().mutex);
  TheNames().given.wait(lock, [&] { return !TheNames().held.contains(asked); });
  const auto at = TheNames().all.find(asked);
  return at == TheNames().all.end() ? std::vector<std::string>() : at->second;
}

}  // namespace

void SetFakeName(const std::string& name, std::vector<std::string> addresses) {
  const std::lock_guard lock(TheNames().mutex);
  TheNames().all[name] = std::move(addresses);
  TheNames().held.erase(name);
  TheNames().given.notify_all();
}

void HoldFakeName(const std::string& name) {
  const std::lock_guard lock(TheNames().mutex);
  TheNames().held.insert(name);
}

}  // namespace funnel::net

using funnel::net::Entry;
using funnel::net::fake_mark;

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** out) {
  const auto addresses = funnel::net::Find(name);
  if (addresses.empty()) {
    using Call = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(name, service, hints, out);
  }
  *out = nullptr;
  for (auto at = addresses.rbegin(); at != addresses.rend(); ++at) {
    auto* entry = new Entry;
    entry->address =
        *funnel::SocketAddress::FromLiteral(*at, static_cast<std::uint16_t>(std::stoi(service)));
    entry->info.ai_family = entry->address.family();
    entry->info.ai_addrlen = entry->address.size();
    entry->info.ai_addr = const_cast<sockaddr*>(entry->address.data());
    entry->info.ai_canonname = fake_mark;
    entry->info.ai_next = *out;
    *out = &entry->info;
  }
  return 0;
}

extern "C" void freeaddrinfo(addrinfo* list) {
  if (list == nullptr || list->ai_canonname != fake_mark) {
    using Call = void (*)(addrinfo*);
    static const auto real = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "freeaddrinfo"));
    return real(list);
  }
  while (list != nullptr) {
    addrinfo* next = list->ai_next;
    delete reinterpret_cast<Entry*>(list);
    list = next;
  }
}
