// Two endpoints and the links between them in virtual time: the same seed gives the same run. After
// every event the invariants of both are checked.
#pragma once

#include <cstdlib>
#include <functional>
#include <queue>

#include "sctp/endpoint/endpoint.h"
#include "tests/sctp/simulator/link.h"

namespace sctp::testing {

class Simulation;

// What runs above one endpoint. By default it records what happens.
class Node : public EndpointObserver {
 public:
  Node(Simulation& owner, const EndpointSettings& settings, std::uint8_t number,
       std::uint64_t seed);

  // It dies without a packet, and comes back.
  void Restart(const EndpointSettings& settings);

  void OnUp(AssociationId association, const Address& peer, bool incoming) override;
  void OnDown(AssociationId association, DownReason reason, std::string_view text) override;
  void OnMessage(AssociationId association, StreamId stream, std::uint32_t protocol,
                 MutableByteView message) override;
  void OnWritable(AssociationId association) override;
  void OnMoved(AssociationId association, const Address& peer, bool failed) override;

  // The state of the association that came up last, which a test uses for sending.
  SendStatus Send(StreamId stream, ByteView message, const SendOptions& options = {});
  [[nodiscard]] const Association* association() const { return endpoint->Find(id); }

  std::function<void(StreamId, MutableByteView)> on_message;
  std::function<void()> on_writable;

  Simulation& simulation;
  TestRandom random;
  Address address, other_address;  // the other one is on the second link
  std::unique_ptr<Endpoint> endpoint;
  AssociationId id;
  bool up = false;
  std::vector<DownReason> downs;
  std::vector<Address> moves;
  std::uint64_t ups = 0, messages = 0, bytes = 0;
};

class Simulation {
 public:
  struct Settings {
    EndpointSettings a, b;  // ports are set here if they are 0
    LinkSettings to_b, to_a;
    LinkSettings other_to_b = {}, other_to_a = {};  // between the other addresses of both
    std::uint64_t seed = 1;
  };
  // The same in both directions.
  [[nodiscard]] static Settings Symmetric(const LinkSettings& link, std::uint64_t seed);

  explicit Simulation(const Settings& settings);

  // A connects to B; false if both are not up within five minutes.
  [[nodiscard]] bool Connect();
  // Lets SPAN pass.
  void Run(Duration span) {
    RunUntil(now + span, [] { return false; });
  }
  // Runs until DONE, or for SPAN at most; returns whether it was DONE.
  bool RunUntil(const std::function<bool()>& done, Duration span) {
    return RunUntil(now + span, done);
  }
  // Calls FUNCTION at that time.
  void At(TimePoint time, std::function<void()> function);
  // After a call of an endpoint outside of an event: sends its packets.
  void Pump();

  // Called with each packet before it is sent; false: the packet is lost.
  std::function<bool(const Node& from, MutableByteView packet)> filter;
  // A packet that no endpoint sent arrives at TO.
  void Inject(Node& to, const Address& from, Bytes packet);

  TimePoint now{std::chrono::hours(1)};
  Link to_b, to_a, other_to_b, other_to_a;
  Node a, b;

 private:
  struct Event {
    TimePoint time;
    std::uint64_t order = 0;
    Node* to = nullptr;
    Address from;
    std::shared_ptr<Bytes> packet;
    std::function<void()> function;
    bool operator<(const Event& other) const {
      return std::tie(time, order) > std::tie(other.time, other.order);
    }
  };
  bool RunUntil(TimePoint end, const std::function<bool()>& done);
  void PumpNode(Node& from, Node& to, Link& link, Link& other);
  void Check(const Node& node) const;

  // If SCTP_TRACE is in the environment, each packet is printed.
  const bool trace_ = std::getenv("SCTP_TRACE") != nullptr;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
};

}  // namespace sctp::testing
