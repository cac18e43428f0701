// Node a, which may use both carriers, and node b, which another machine may replace.
#pragma once

#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {

inline constexpr const char* kDirectB = "192.0.2.2 (direct)";
inline constexpr const char* kUdpB = "192.0.2.2:9899 (udp)";
inline constexpr const char* kDirectOther = "192.0.2.3 (direct)";
inline constexpr const char* kUdpOther = "192.0.2.3:9899 (udp)";

class CarrierTest : public TwoNodes {
 protected:
  // As MakeNodes, but a uses any carrier.
  void MakeAuto(const PathMemory& routes = {}) {
    config_a.peers = {MakePeer("b", "192.0.2.2")};
    config_a.peers[0].carrier = config::Carrier::kAuto;
    config_a.peers[0].connect[0].port = 0;
    config_b.peers = {MakePeer("a", "")};
    config_a.services = {MakeService("dns", config::Role::kListen, "b"),
                         MakeService("shell", config::Role::kListen, "b")};
    config_b.services = {MakeService("dns", config::Role::kConnect, ""),
                         MakeService("shell", config::Role::kConnect, "")};
    config_a.services[1].protocol = config_b.services[1].protocol = config::Protocol::kTcp;
    a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now, routes);
    b = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.2", config_b, now);
    a->engine->direct = b->engine->direct = true;
  }
  void Start() {
    b->associations->Start();
    a->associations->Start();
    Settle();
  }
  void SettleAll() {
    Settle();
    if (b2) {
      for (int i = 0; i < 20; ++i) b2->Turn(), a->Turn();
    }
  }
  // Verifies both ends of whatever is being verified.
  void VerifyAll() {
    for (TestNode* node : {a.get(), b.get(), b2.get()}) {
      if (node == nullptr) continue;
      std::vector<AssociationId> ids;
      for (const auto& [id, association] : node->associations->associations())
        if (association->state() == AssociationState::kVerifying) ids.push_back(id);
      for (AssociationId id : ids)
        node->associations->OnVerified(
            {id, node == a.get() ? "b" : "a", node == a.get() ? "b.example" : "a.example", 1});
    }
    SettleAll();
  }
  void Step(Duration by) {
    now += by;
    for (TestNode* node : {a.get(), b.get(), b2.get()})
      if (node != nullptr) node->OnTimer();
    SettleAll();
  }
  [[nodiscard]] const Peer& peer() const { return *a->associations->peers().at("b"); }
  [[nodiscard]] std::string used_path() const {
    return peer().up() == nullptr ? "none" : PathText({peer().up()->address, peer().up()->carrier});
  }
  [[nodiscard]] std::string tried() const {
    std::string out;
    for (const auto& [id, path] : a->engine->connects) out += PathText(path) + ' ';
    return out;
  }
  // A channel of a's, and b's edge that has adopted it.
  struct Served {
    TestEdge edge, served;
  };
  Served OpenServed(const std::string& service) {
    TestEdge edge = a->Attach(service);
    Settle();
    TestEdge served = OpenAdopted(edge);
    return {std::move(edge), std::move(served)};
  }
  // Opens a channel that b's edge adopts.
  TestEdge OpenAdopted(TestEdge& edge) {
    TestEdge served = OpenChannel(edge, ChannelId(7));
    served.Send(wire::FrameType::kNote, ChannelId(), ipc::Note{}.Serialize());
    Settle();
    return served;
  }
  // A second machine that answers for "b".
  void MakeOther() {
    b2 = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.3", config_b, now);
    b2->engine->direct = true;
    b2->associations->Start();
  }
  // Node a, whose peer's name leads to b and to the other machine; b is preferred.
  void MakeTwoTargets() {
    MakeAuto();
    MakeOther();
    config_a.peers[0].connect[0].host = "hoster.example";
    a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
    FindTwo(10, 20);
  }
  void FindTwo(std::uint16_t first, std::uint16_t second) {
    a->resolver.found = {{.address = *sctp::TransportAddress::Parse("192.0.2.2", 9899),
                          .carrier = sctp::Carrier::kUdp,
                          .priority = first,
                          .host = "main"},
                         {.address = *sctp::TransportAddress::Parse("192.0.2.3", 9899),
                          .carrier = sctp::Carrier::kUdp,
                          .priority = second,
                          .host = "spare"}};
    std::ranges::stable_sort(a->resolver.found, {}, &ResolvedAddress::priority);
  }

  std::unique_ptr<TestNode> b2;
};

}  // namespace funnel::sctpd
