#include "funnel-tcpd/socks/lookups.h"

#include <algorithm>
#include <utility>

namespace funnel::tcpd {

void Lookups::Start(Id id, const std::string& peer, const config::Endpoint& endpoint,
                    std::size_t most, Done done) {
  most_ = most;
  Peer& its = peers_[peer];
  if (its.waiting.empty()) turns_.push_back(peer);
  its.waiting.push_back(
      {.id = id, .peer = peer, .endpoint = endpoint, .done = std::move(done), .resolver = {}});
  BeginNext();
}

void Lookups::Forget(Id id) {
  for (auto& [name, peer] : peers_) {
    if (std::erase_if(peer.waiting, [id](const Lookup& one) { return one.id == id; }) == 0)
      continue;
    if (peer.waiting.empty()) std::erase(turns_, name);
    if (peer.waiting.empty() && peer.running == 0) peers_.erase(name);
    return;
  }
  const auto at = std::ranges::find(running_, id, &Lookup::id);
  if (at != running_.end()) at->id = 0;
}

void Lookups::BeginNext() {
  const std::size_t share = (most_ + 1) / 2;
  std::size_t passed_over = 0;  // in a row, because they have their share
  while (passed_over < turns_.size() && running_.size() < most_) {
    const std::string name = std::move(turns_.front());
    turns_.pop_front();
    Peer& peer = peers_.at(name);
    if (peer.running < share) {
      Begin(peer);
      passed_over = 0;
    } else {
      ++passed_over;
    }
    if (!peer.waiting.empty()) turns_.push_back(name);
  }
}

void Lookups::Begin(Peer& peer) {
  Lookup& lookup = running_.emplace_back(std::move(peer.waiting.front()));
  peer.waiting.pop_front();
  ++peer.running;
  lookup.resolver = std::make_unique<net::Resolver>(loop_);
  lookup.resolver->Lookup(lookup.endpoint, [this, &lookup](const net::Resolver::Answer& answer) {
    OnAnswer(lookup, answer);
  });
}

void Lookups::OnAnswer(Lookup& lookup, const net::Resolver::Answer& answer) {
  lookup.over = true;
  sweep_->Request();
  if (std::exchange(lookup.id, 0) != 0) lookup.done(answer);
}

void Lookups::Sweep() {
  for (auto at = running_.begin(); at != running_.end();) {
    if (!at->over) {
      ++at;
      continue;
    }
    const auto peer = peers_.find(at->peer);
    if (--peer->second.running == 0 && peer->second.waiting.empty()) peers_.erase(peer);
    at = running_.erase(at);
  }
  BeginNext();
}

}  // namespace funnel::tcpd
