#include "funnel-sctpd/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <mutex>
#include <thread>

namespace funnel::sctpd {
namespace {

struct Answer {
  std::vector<sctp::TransportAddress> addresses;
  std::string error;
};

void AskOne(const config::Endpoint& endpoint, std::uint16_t default_port, Answer& answer) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV;
  std::string port = std::to_string(endpoint.port != 0 ? endpoint.port : default_port);
  addrinfo* found = nullptr;
  if (int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found); error != 0) {
    answer.error = endpoint.host + ": " + ::gai_strerror(error);
    return;
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    auto address = sctp::TransportAddress::FromSockaddr(at->ai_addr, at->ai_addrlen);
    if (address && std::find(answer.addresses.begin(), answer.addresses.end(), *address) ==
                       answer.addresses.end())
      answer.addresses.push_back(*address);
  }
  ::freeaddrinfo(found);
}

Answer Ask(const std::vector<config::Endpoint>& endpoints, std::uint16_t default_port) {
  Answer answer;
  for (const auto& endpoint : endpoints) AskOne(endpoint, default_port, answer);
  if (answer.addresses.empty() && answer.error.empty()) answer.error = "no address";
  return answer;
}

}  // namespace

struct Resolver::Shared {
  std::mutex mutex;
  event::Loop* loop;  // nullptr: the resolver has gone
  int threads = 0;
};

Resolver::Resolver(event::Loop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
}

Resolver::~Resolver() {
  std::lock_guard lock(shared_->mutex);
  shared_->loop = nullptr;
}

void Resolver::Resolve(std::vector<config::Endpoint> endpoints, std::uint16_t default_port,
                       Callback callback) {
  auto deliver = [shared = shared_, callback = std::move(callback)](Answer answer) {
    std::lock_guard lock(shared->mutex);
    if (shared->loop == nullptr) return;
    shared->loop->Post([shared, callback, answer = std::move(answer)] {
      // On the loop's thread, as the destructor: no lock needed to see whether it has run.
      if (shared->loop != nullptr) callback(answer.addresses, answer.error);
    });
  };
  bool literal = std::all_of(endpoints.begin(), endpoints.end(),
                             [](const auto& endpoint) { return endpoint.literal().has_value(); });
  if (literal) return deliver(Ask(endpoints, default_port));
  bool busy = false;
  {
    std::lock_guard lock(shared_->mutex);
    busy = shared_->threads >= kMaxThreads;
    if (!busy) ++shared_->threads;
  }
  if (busy) return deliver({.addresses = {}, .error = "too many names are being looked up"});
  std::thread([shared = shared_, deliver, endpoints = std::move(endpoints), default_port] {
    deliver(Ask(endpoints, default_port));
    std::lock_guard lock(shared->mutex);
    --shared->threads;
  }).detach();
}

}  // namespace funnel::sctpd
