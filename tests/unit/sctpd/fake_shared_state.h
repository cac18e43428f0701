// What a part of sctpd stands on in a test of its own: an environment made of fakes. Time stands,
// and chance is always the same.
#pragma once

#include "funnel-sctpd/environment.h"
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

struct FakeEnvironment {
  FakeEnvironment() { env.engine = &engine; }
  FakeEnvironment(const FakeEnvironment&) = delete;
  FakeEnvironment& operator=(const FakeEnvironment&) = delete;

  TimePoint now{std::chrono::seconds(1000)};
  FakeAuthd authd;
  FakeResolver resolver;
  FakeServices services;
  FakeNetwork network;
  NoEvents no_events;
  const sctp::TransportAddress engine_address = *sctp::TransportAddress::Parse("192.0.2.1", 9899);
  FakeEngine engine{network, engine_address, no_events};
  metrics::CounterFile counters = metrics::CounterFile::InMemory(CounterTable());
  Environment env{.authd = authd,
                  .resolver = resolver,
                  .services = services,
                  .counters = counters,
                  .config = {},
                  .now = [this] { return now; },
                  .random = [] { return 1.0; }};
};

}  // namespace funnel::sctpd
