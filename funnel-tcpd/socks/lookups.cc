#include "funnel-tcpd/socks/lookups.h"

#include <algorithm>
#include <utility>

namespace funnel::tcpd {

void Lookups::Start(Id id, const config::Endpoint& endpoint, std::size_t most, Done done) {
  most_ = most;
  waiting_.push_back({.id = id, .endpoint = endpoint, .done = std::move(done), .resolver = {}});
  BeginNext();
}

void Lookups::Forget(Id id) {
  std::erase_if(waiting_, [id](const Lookup& one) { return one.id == id; });
  const auto at = std::ranges::find(running_, id, &Lookup::id);
  if (at != running_.end()) at->id = 0;
}

void Lookups::BeginNext() {
  while (!waiting_.empty() && running_.size() < most_) {
    Lookup& lookup = running_.emplace_back(std::move(waiting_.front()));
    waiting_.pop_front();
    lookup.resolver = std::make_unique<net::Resolver>(loop_);
    lookup.resolver->Lookup(lookup.endpoint, [this, &lookup](const net::Resolver::Answer& answer) {
      OnAnswer(lookup, answer);
    });
  }
}

void Lookups::OnAnswer(Lookup& lookup, const net::Resolver::Answer& answer) {
  lookup.over = true;
  sweep_->Request();
  if (std::exchange(lookup.id, 0) != 0) lookup.done(answer);
}

void Lookups::Sweep() {
  running_.remove_if([](const Lookup& one) { return one.over; });
  BeginNext();
}

}  // namespace funnel::tcpd
