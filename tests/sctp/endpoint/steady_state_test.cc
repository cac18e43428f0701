// In a steady state nothing is allocated: every request and answer uses memory of earlier ones.
#include <gtest/gtest.h>

#include "sctp/endpoint/endpoint.h"
#include "tests/sctp/count_allocations.h"
#include "tests/sctp/test_random.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

class Answering : public EndpointObserver {
 public:
  void OnUp(AssociationId association, const Address&, bool) override { id = association; }
  void OnDown(AssociationId, DownReason, std::string_view) override { ADD_FAILURE(); }
  void OnMessage(AssociationId association, StreamId stream, std::uint32_t,
                 MutableByteView message) override {
    ++messages;
    if (answers) (void)endpoint->Send(association, stream, message, {.unordered = true}, now);
  }
  void OnWritable(AssociationId) override {}

  Endpoint* endpoint = nullptr;
  AssociationId id;
  bool answers = false;
  TimePoint now;
  int messages = 0;
};

class SteadyStateTest : public ::testing::Test {
 protected:
  SteadyStateTest() {
    for (int i = 0; i < 2; ++i) {
      EndpointSettings settings;
      settings.port = static_cast<std::uint16_t>(5001 + i);
      // A path without delay needs no pacing, and only then is each step of this loop a round trip.
      settings.association.congestion = CongestionLaw::kReno;
      sides[i].endpoint = nullptr;
      ends[i] = std::make_unique<Endpoint>(settings, random, sides[i], now);
      sides[i].endpoint = ends[i].get();
      places[i].host[15] = static_cast<std::uint8_t>(i);
    }
    sides[1].answers = true;
  }
  // Delivers all packets in both directions until none is left.
  void Settle() {
    for (bool any = true; any;) {
      any = false;
      for (int i = 0; i < 2; ++i) {
        sides[i].now = now;
        ends[i]->OnTimer(now);
        std::uint8_t buffer[2048];
        while (const auto departure = ends[i]->NextPacket(buffer, now)) {
          any = true;
          ends[1 - i]->OnPacket(places[i], MutableByteView(buffer).first(departure->size),
                                Checksum::kVerify, now);
        }
      }
    }
  }

  TimePoint now{1h};
  TestRandom random{1};
  Answering sides[2];
  std::unique_ptr<Endpoint> ends[2];
  Address places[2];
};

TEST_F(SteadyStateTest, RequestsAndAnswersAllocateNothing) {
  const auto id = ends[0]->Connect(places[1], 5002, now);
  ASSERT_TRUE(id);
  Settle();
  const Bytes small(100), large(10'000);
  std::size_t before = 0;
  for (int round = 0; round < 4000; ++round) {
    if (round == 2000) before = Allocations();
    (void)ends[0]->Send(*id, StreamId(1), small, {.unordered = true}, now);
    (void)ends[0]->Send(*id, StreamId(2), large, {}, now);
    Settle();
    now += 1ms;
    Settle();
  }
  EXPECT_EQ(sides[1].messages, 8000);
  EXPECT_EQ(sides[0].messages, 8000);
  EXPECT_EQ(Allocations(), before);
}

}  // namespace
}  // namespace sctp::testing
