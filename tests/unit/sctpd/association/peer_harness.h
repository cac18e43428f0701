// One peer in a test of its own: a host that records which associations are requested, and brings
// them up or ends them when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "funnel-sctpd/association/peer.h"
#include "tests/unit/sctpd/fake_shared_state.h"

namespace funnel::sctpd {

class FakeHost final : public AssociationHost {
 public:
  using AssociationHost::End;

  Result<Association*> Connect(Peer& asking, const Candidate& candidate,
                               Association::Purpose purpose) override {
    if (!refuses.empty()) return funnel::Fail(refuses);
    const AssociationId id(all.size() + 1);
    auto made = std::make_unique<Association>(
        id, asking.name(), Association::Dialled{.candidate = candidate, .purpose = purpose}, *now);
    connects.push_back(PathText(candidate.path()));
    return all.emplace(id, std::move(made)).first->second.get();
  }
  void End(Association& association, const std::string& reason, const EndOptions& how) override {
    if (association.state() == AssociationState::kEnding) return;
    const bool was_up = association.up();
    association.SetState(Association::Ending{how.cause}, reason);
    ended.push_back(reason);
    peer->OnEnded(association, reason, was_up, how.at_least);
  }
  void Wake(Peer&, TimePoint at) override { woken = at; }
  std::optional<TimePoint> IdleSince(const Association&) const override { return idle_since; }
  void PublishKnownHosts() override { ++published; }

  Peer* peer = nullptr;
  const TimePoint* now = nullptr;
  std::map<AssociationId, std::unique_ptr<Association>> all;
  std::vector<std::string> connects;
  std::vector<std::string> ended;
  std::string refuses;
  std::optional<TimePoint> woken;
  std::optional<TimePoint> idle_since;
  int published = 0;
};

class PeerParts : public testing::Test, public FakeSharedState {
 protected:
  PeerParts() {
    SetLogLevel(LogLevel::kError);
    host.now = &now;
    config.carrier = config::Carrier::kAuto;
    config.connect[0].port = 0;
    resolver.found = {{.address = *sctp::TransportAddress::Parse("192.0.2.2", 0)}};
    Make();
  }
  void Make() {
    config.connect[0].host = "b.example";
    peer = std::make_unique<Peer>(shared, host, config);
    host.peer = peer.get();
  }
  // The association of that number is up, and is being verified.
  Association& Up(std::uint64_t id) {
    Association& association = *host.all.at(AssociationId(id));
    peer->OnUp(association);
    association.SetState(Association::Verifying{}, "");
    return association;
  }
  void Serve(Association& association) {
    ASSERT_TRUE(peer->Supersede(association, /*instance=*/1, "b.example"));
    peer->OnServed(association);
    association.SetState(Association::Up{.node = "b.example", .instance = 1, .verified_at = now},
                         "");
    peer->OnUsable(association);
  }
  void Resolve() {
    peer->Consider();
    resolver.Answer();
  }
  // Up by UDP, after direct SCTP did not answer.
  Association& UpByUdp() {
    Resolve();
    now += shared.config.node.sctp.attempt_delay;
    peer->Consider();
    Association& up = Up(2);
    Serve(up);
    return up;
  }

  config::PeerConfig config = MakePeer("b", "b.example");
  FakeHost host;
  std::unique_ptr<Peer> peer;
};

}  // namespace funnel::sctpd
