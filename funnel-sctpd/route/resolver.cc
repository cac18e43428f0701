#include "funnel-sctpd/route/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "common/base/random.h"
#include "common/net/srv.h"

namespace funnel::sctpd {
namespace {

struct Answer {
  std::vector<ResolvedAddress> addresses;
  std::string error;
};

// Adds the addresses of HOST, with RESOLVED's other members.
void AddHost(const std::string& host, std::uint16_t port, ResolvedAddress resolved,
             Answer& answer) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    answer.error = host + ": " + ::gai_strerror(error);
    return;
  }

  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    auto address = sctp::TransportAddress::FromSockaddr(at->ai_addr, at->ai_addrlen);
    if (!address) continue;
    resolved.address = *address;
    if (std::ranges::find(answer.addresses, resolved) == answer.addresses.end())
      answer.addresses.push_back(resolved);
  }
  ::freeaddrinfo(found);
}

// False: there are no SRV records. An error: no name server answered.
Result<bool> AddSrv(const std::string& name, sctp::Carrier carrier, Answer& answer) {
  auto records = TRY(net::LookUpSrv(name));
  if (records.empty()) return false;

  net::OrderSrv(records, RandomUnit);
  for (const net::SrvRecord& record : records) {
    if (record.target.empty())
      answer.error = name + " says that this is not offered";
    else
      AddHost(
          record.target, record.port,
          {.address = {}, .carrier = carrier, .priority = record.priority, .host = record.target},
          answer);
  }
  return true;
}

// False: no SRV record says where HOST is. Name servers that do not answer are not asked twice,
// because each question takes seconds: /etc/hosts may know the name.
bool AddByService(const std::string& host, Answer& answer) {
  auto direct = AddSrv("_funnel._sctp." + host, sctp::Carrier::kDirect, answer);
  if (!direct) {
    answer.error = direct.error().message;
    return false;
  }
  auto udp = AddSrv("_funnel._udp." + host, sctp::Carrier::kUdp, answer);
  if (!udp) answer.error = udp.error().message;
  return *direct || udp.value_or(false);
}

void AskOne(const config::Endpoint& endpoint, Answer& answer) {
  if (endpoint.port == 0 && !endpoint.is_literal() && AddByService(endpoint.host, answer)) return;
  AddHost(endpoint.host, endpoint.port, {}, answer);
}

Answer Ask(const std::vector<config::Endpoint>& endpoints) {
  Answer answer;
  for (const auto& endpoint : endpoints) AskOne(endpoint, answer);
  // With equal priority, direct SCTP comes before SCTP in UDP.
  std::ranges::stable_sort(answer.addresses, {}, &ResolvedAddress::priority);
  if (answer.addresses.empty() && answer.error.empty()) answer.error = "no address";
  return answer;
}

}  // namespace

struct Resolver::Shared {
  std::mutex mutex;
  event::Loop* loop;  // nullptr: the resolver is gone
  int threads = 0;
};

Resolver::Resolver(event::Loop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
}

Resolver::~Resolver() {
  std::lock_guard lock(shared_->mutex);
  shared_->loop = nullptr;
}

void Resolver::Resolve(std::vector<config::Endpoint> endpoints, Callback callback) {
  auto deliver = [shared = shared_, callback = std::move(callback)](Answer answer) {
    std::lock_guard lock(shared->mutex);
    if (shared->loop == nullptr) return;
    shared->loop->Post([shared, callback, answer = std::move(answer)] {
      // This runs on the loop's thread, as the destructor does: no lock is needed to see whether
      // that has run.
      if (shared->loop != nullptr) callback(answer.addresses, answer.error);
    });
  };
  bool literal = std::all_of(endpoints.begin(), endpoints.end(),
                             [](const auto& endpoint) { return endpoint.literal().has_value(); });
  if (literal) return deliver(Ask(endpoints));

  bool busy = false;
  {
    std::lock_guard lock(shared_->mutex);
    busy = shared_->threads >= kMaxThreads;
    if (!busy) ++shared_->threads;
  }
  if (busy) return deliver({.addresses = {}, .error = "too many names are being looked up"});

  std::thread([shared = shared_, deliver, endpoints = std::move(endpoints)] {
    deliver(Ask(endpoints));
    std::lock_guard lock(shared->mutex);
    --shared->threads;
  }).detach();
}

}  // namespace funnel::sctpd
