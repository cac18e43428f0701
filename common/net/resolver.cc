#include "common/net/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace funnel::net {
namespace {

Resolver::Answer LookUpNow(const config::Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int status =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &raw);
  if (status != 0) return Fail("cannot resolve " + endpoint.host + ": " + gai_strerror(status));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(raw, freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    const auto address = SocketAddress::FromSockaddr(at->ai_addr, at->ai_addrlen);
    if (address) addresses.push_back(*address);
  }

  if (addresses.empty()) return Fail("cannot resolve " + endpoint.host + ": no address");
  return addresses;
}

}  // namespace

struct Resolver::Shared {
  std::mutex mutex;
  event::Loop* loop;   // nullptr: the resolver has gone
  Resolver* resolver;  // on the loop's thread only
};

Resolver::Resolver(event::Loop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
  shared_->resolver = this;
}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->loop = nullptr;
  shared_->resolver = nullptr;
}

bool Resolver::IsFresh(const config::Endpoint& endpoint, Duration max_age) const {
  if (!known_ || known_->endpoint != endpoint) return false;
  if (!known_->answer) max_age = std::min<Duration>(max_age, kFailureFresh);
  return Now() - known_->since < max_age;
}

void Resolver::Lookup(const config::Endpoint& endpoint, Done done, Duration max_age) {
  if (IsFresh(endpoint, max_age)) return done(known_->answer);
  waiters_.push_back({endpoint, std::move(done), max_age});
  if (!running_) StartLookup();
}

void Resolver::StartLookup() {
  running_ = true;
  std::thread([shared = shared_, endpoint = waiters_.front().endpoint] {
    Answer answer = LookUpNow(endpoint);
    const std::lock_guard lock(shared->mutex);
    if (shared->loop == nullptr) return;
    shared->loop->Post([shared, endpoint, answer = std::move(answer)]() mutable {
      if (shared->resolver != nullptr) shared->resolver->OnAnswer(endpoint, std::move(answer));
    });
  }).detach();
}

void Resolver::OnAnswer(const config::Endpoint& endpoint, Answer answer) {
  running_ = false;
  known_ = Known{endpoint, std::move(answer), Now()};
  // Who asked for it is answered by it, however young an answer it wanted.
  for (Waiter& waiter : std::exchange(waiters_, {})) {
    if (waiter.endpoint == known_->endpoint) {
      waiter.done(known_->answer);
    } else {
      Lookup(waiter.endpoint, std::move(waiter.done), waiter.max_age);
    }
  }
}

}  // namespace funnel::net
