// The environment of a part of sctpd in a test of its own: shared state made of fakes. Time stands
// still, and random numbers are always the same.
#pragma once

#include "funnel-sctpd/shared_state.h"
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {

class NoEvents final : public sctp::EngineObserver {
 public:
  void OnUp(AssociationId, const sctp::UpInfo&) override {}
  void OnDown(AssociationId, sctp::DownReason, std::string_view) override {}
  void OnMessage(AssociationId, StreamId, std::uint32_t, MutableByteView) override {}
  void OnWritable(AssociationId) override {}
  void OnMoved(AssociationId, const sctp::PeerPath&) override {}
};

struct FakeSharedState {
  FakeSharedState() { shared.engine = &engine; }
  FakeSharedState(const FakeSharedState&) = delete;
  FakeSharedState& operator=(const FakeSharedState&) = delete;

  TimePoint now{std::chrono::seconds(1000)};
  FakeAuthd authd;
  FakeResolver resolver;
  FakeServices services;
  FakeNetwork network;
  NoEvents no_events;
  const sctp::TransportAddress engine_address = *sctp::TransportAddress::Parse("192.0.2.1", 9899);
  FakeEngine engine{network, engine_address, no_events};
  metrics::CounterFile counters = metrics::CounterFile::InMemory(CounterTable());
  SharedState shared{.authd = authd,
                     .resolver = resolver,
                     .services = services,
                     .counters = counters,
                     .config = {},
                     .now = [this] { return now; },
                     .random = [] { return 1.0; }};
};

}  // namespace funnel::sctpd
