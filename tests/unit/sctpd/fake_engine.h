// SCTP without packets: the engines of a test reach each other by address. Events come from
// Flush(), as the interface says. Tests can make it full or deaf, or end associations.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/route/candidate.h"

namespace funnel::sctpd {

class FakeEngine;

struct FakeNetwork {
  std::map<sctp::TransportAddress, FakeEngine*> hosts;
  std::set<std::string> silent;  // paths (PathText) by which nothing gets through
  std::uint64_t next_id = 1;
};

class FakeEngine final : public sctp::Engine {
 public:
  struct Sent {
    AssociationId association;
    StreamId stream;
    Bytes message;
    sctp::SendOptions options;
  };

  FakeEngine(FakeNetwork& network, sctp::TransportAddress address, sctp::EngineObserver& observer)
      : network_(network), address_(address), observer_(observer) {
    network_.hosts[address_] = this;
  }
  ~FakeEngine() override { network_.hosts.erase(address_); }

  std::string_view name() const override { return "fake"; }
  Result<AssociationId> Connect(const sctp::Target& target) override {
    bool by_ip = target.carrier == sctp::Carrier::kDirect;
    if (by_ip && !direct) return Fail("no direct SCTP", EAFNOSUPPORT);

    const sctp::TransportAddress& to = target.addresses.front();
    const sctp::PeerPath path{by_ip ? to.WithPort(0) : to, target.carrier};
    AssociationId ours(network_.next_id++);
    connects.push_back({ours, path});
    if (network_.silent.contains(PathText(path))) {
      links_[ours] = {};
      return ours;
    }

    auto found = network_.hosts.find(by_ip ? to.WithPort(address_.port()) : to);
    if (found == network_.hosts.end()) {
      links_[ours] = {};
      if (answers_no) Tell([this, ours] { Down(ours, sctp::DownReason::kNoAnswer); });
      return ours;
    }

    FakeEngine& there = *found->second;
    AssociationId theirs(network_.next_id++);
    links_[ours] = {&there, theirs};
    there.links_[theirs] = {this, ours};

    Tell([this, ours, path] {
      if (links_.contains(ours))
        observer_.OnUp(
            ours,
            {.incoming = false, .peer = path.address, .carrier = path.carrier, .streams = streams});
    });
    there.Tell([&there, theirs, path, here = by_ip ? address_.WithPort(0) : address_] {
      if (there.links_.contains(theirs))
        there.observer_.OnUp(
            theirs,
            {.incoming = true, .peer = here, .carrier = path.carrier, .streams = there.streams});
    });
    return ours;
  }

  sctp::SendStatus Send(AssociationId id, StreamId stream, ByteView message,
                        const sctp::SendOptions& options) override {
    auto link = links_.find(id);
    if (link == links_.end() || link->second.engine == nullptr) return sctp::SendStatus::kGone;
    if (room_bytes < message.size()) {
      blocked_.insert({id, true});
      return sctp::SendStatus::kFull;
    }
    room_bytes -= message.size();
    Bytes copy(message.begin(), message.end());
    sent.push_back({id, stream, copy, options});
    FakeEngine* there = link->second.engine;
    AssociationId theirs = link->second.id;
    there->Tell([there, theirs, stream, copy]() mutable {
      if (there->links_.contains(theirs))
        there->observer_.OnMessage(theirs, stream, sctp::kPayloadProtocol, copy);
    });
    return sctp::SendStatus::kSent;
  }
  void Shutdown(AssociationId id) override { Leave(id, sctp::DownReason::kShutdown); }
  void Abort(AssociationId id, std::string_view) override { Leave(id, sctp::DownReason::kAborted); }
  // What was sent earlier arrives earlier.
  void Leave(AssociationId id, sctp::DownReason told) {
    ends.push_back({id, told});
    auto link = links_.find(id);
    if (link == links_.end()) return;
    if (FakeEngine* there = link->second.engine)
      there->Tell([there, theirs = link->second.id, told] { there->Down(theirs, told); });
    link->second.engine = nullptr;
    Tell([this, id] { Down(id, sctp::DownReason::kLocal); });
  }
  std::size_t MaxUnfragmented(AssociationId) const override { return 1384; }
  sctp::AssociationStats Stats(AssociationId) const override { return {}; }
  sctp::EngineCounters counters() const override { return {}; }
  bool OfferPaths(AssociationId id, std::vector<sctp::PeerPath> paths) override {
    if (moves) offered[id] = std::move(paths);
    return moves;
  }
  void SetKnownHosts(std::vector<sctp::TransportAddress> hosts) override {
    known_hosts = std::move(hosts);
  }
  std::vector<int> fds() const override { return {}; }
  bool wants_writable(int /*fd*/) const override { return false; }
  TimePoint NextTimer() const override { return TimePoint::max(); }
  void OnReadable() override {}
  void OnTimer() override {}
  void Flush() override {
    for (std::size_t left = events_.size(); left > 0 && !events_.empty(); --left) {
      auto event = std::move(events_.front());
      events_.pop_front();
      event();
    }
  }

  // For tests.
  [[nodiscard]] bool idle() const { return events_.empty(); }
  [[nodiscard]] std::size_t association_count() const { return links_.size(); }
  // A message that the peer may have forged.
  void Inject(AssociationId id, StreamId stream, std::uint32_t protocol, Bytes message) {
    Tell([this, id, stream, protocol, message]() mutable {
      observer_.OnMessage(id, stream, protocol, message);
    });
  }
  void MakeRoom(std::size_t bytes) {
    room_bytes = bytes;
    for (auto& [id, blocked] : std::exchange(blocked_, {}))
      Tell([this, writable = id] { observer_.OnWritable(writable); });
  }
  void EndByPeer(AssociationId id, sctp::DownReason reason) {
    links_[id].engine = nullptr;
    Tell([this, id, reason] { Down(id, reason); });
  }

  // As if the engine had moved the association by itself.
  void MoveTo(AssociationId id, const sctp::PeerPath& path) {
    Tell([this, id, path] { observer_.OnMoved(id, path); });
  }

  bool direct = false;  // whether it can do SCTP straight over IP
  std::vector<std::pair<AssociationId, sctp::PeerPath>> connects;
  std::vector<std::pair<AssociationId, sctp::DownReason>> ends;  // those that we ended
  bool moves = false;                                            // what OfferPaths answers
  std::map<AssociationId, std::vector<sctp::PeerPath>> offered;
  std::vector<Sent> sent;
  std::vector<sctp::TransportAddress> known_hosts;
  std::size_t room_bytes = SIZE_MAX;
  std::uint16_t streams = 128;
  bool answers_no = true;  // an unknown address fails at once

 private:
  struct Link {
    FakeEngine* engine = nullptr;
    AssociationId id;
  };
  void Tell(std::function<void()> event) { events_.push_back(std::move(event)); }
  void Down(AssociationId id, sctp::DownReason reason) {
    if (links_.erase(id) != 0) observer_.OnDown(id, reason, "");
  }

  FakeNetwork& network_;
  sctp::TransportAddress address_;
  sctp::EngineObserver& observer_;
  std::map<AssociationId, Link> links_;
  std::map<AssociationId, bool> blocked_;
  std::deque<std::function<void()>> events_;
};

}  // namespace funnel::sctpd
