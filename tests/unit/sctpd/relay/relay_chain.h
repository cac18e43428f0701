// A chain of nodes, a - r - b: "dns" listens at a and is served at b; r only relays it.
#pragma once

#include "common/wire/frame/open.h"
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {

using wire::FrameType;

class RelayTest : public testing::Test {
 protected:
  static constexpr ChannelId kId{77};
  static constexpr std::size_t kQueue = 64 * 1024;

  RelayTest() {
    SetLogLevel(LogLevel::kError);
    config_a.peers = {MakePeer("r", "192.0.2.2")};
    config_a.services = {MakeService("dns", config::Role::kListen, "r")};
    config_r.peers = {MakePeer("a", ""), MakePeer("b", "192.0.2.3")};
    config_r.services = {MakeRelay({"a"}, "b")};
    config_r.node.sctp.channel_queue_bytes = kQueue;
    config_b.peers = {MakePeer("r", "")};
    config_b.services = {MakeService("dns", config::Role::kConnect, "")};
  }

  static config::ServiceConfig MakeRelay(std::vector<std::string> from, const std::string& to) {
    config::ServiceConfig relay = MakeService("dns", config::Role::kRelay, "");
    relay.wire_name = "dns";
    relay.relay_from = std::move(from);
    relay.relay_to = to;
    return relay;
  }
  void MakeNodes() {
    b = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.3", config_b, now);
    r = std::make_unique<TestNode>(network, *loop, "r", "192.0.2.2", config_r, now);
    a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
    for (TestNode* node : {b.get(), r.get(), a.get()}) node->associations->Start();
    Settle();
    Verify(*a, *r);
    Verify(*r, *b);
    Settle();
  }
  void Verify(TestNode& from, TestNode& to) {
    VerifyOne(from, to);
    VerifyOne(to, from);
  }
  // The unverified association of NODE that leads to PEER's address.
  void VerifyOne(TestNode& node, TestNode& peer) {
    for (const auto& [id, association] : node.associations->associations())
      if (association->state() == AssociationState::kVerifying &&
          association->address == AddressOf(peer))
        return node.Verify(*association, NameOf(peer));
    FAIL() << "no association";
  }
  sctp::TransportAddress AddressOf(TestNode& node) {
    return *sctp::TransportAddress::Parse(&node == a.get()   ? "192.0.2.1"
                                          : &node == r.get() ? "192.0.2.2"
                                                             : "192.0.2.3",
                                          9899);
  }
  std::string NameOf(TestNode& node) {
    return &node == a.get() ? "a" : &node == r.get() ? "r" : "b";
  }
  void Settle() {
    for (int i = 0; i < 400; ++i) {
      auto ran = loop->RunOnce(Duration{0});
      ASSERT_TRUE(ran);
      bool busy = *ran;
      for (TestNode* node : {a.get(), r.get(), b.get()}) busy = node->Turn() || busy;
      if (!busy) return;
    }
  }
  void Advance(Duration by) {
    now += by;
    for (TestNode* node : {a.get(), r.get(), b.get()}) node->OnTimer();
    Settle();
  }
  static Bytes OpenBody(std::uint8_t hops = 8, std::uint8_t nonce = 1,
                        const std::string& target = "b.example") {
    wire::OpenBody open{.service = "dns", .target = target, .hop_limit = hops, .token = {9}};
    open.nonce.fill(nonce);
    return open.Serialize();
  }
  // Opens from a's EDGE; returns b's end.
  TestEdge Open(TestEdge& edge, ChannelId id = kId, std::uint8_t nonce = 1) {
    edge.Send(FrameType::kOpen, id, OpenBody(8, nonce));
    Settle();
    EXPECT_EQ(b->authd.accepts.size(), 1u);
    Accept(*b, "dns");
    Settle();
    TestEdge served(std::move(b->services.links.back()));
    b->services.links.pop_back();
    EXPECT_EQ(edge.ReceiveTypes(), (std::vector{FrameType::kLinkUp, FrameType::kOpened}));
    return served;
  }
  // NODE's authd accepts the last OPEN.
  static void Accept(TestNode& node, const std::string& service) {
    ipc::Accepted verdict;
    verdict.request = node.authd.accepts.back().request;
    verdict.service = *ServiceName::Parse(service);
    verdict.claim = Secret(std::size_t{32});
    verdict.opened_body = {1, 2, 3};
    node.channels->OnAccepted(verdict);
  }
  // The content of the REFUSED that EDGE got for an OPEN.
  static wire::RefusedBody RefusalIn(TestEdge& edge) {
    for (const Bytes& frame : edge.Receive())
      if (TestEdge::TypeOf(frame) == FrameType::kRefused)
        return *wire::RefusedBody::Parse(ByteView(frame).subspan(wire::kFrameHeaderSize));
    ADD_FAILURE() << "no REFUSED";
    return {};
  }
  wire::RefusedBody Refused(const Bytes& open_body) {
    TestEdge edge = a->Attach("dns");
    edge.Send(FrameType::kOpen, kId, open_body);
    Settle();
    return RefusalIn(edge);
  }
  void ExpectNothingLeftAtRelay() {
    EXPECT_TRUE(r->channels->channels().empty());
    EXPECT_EQ(r->channels->relays().queued_bytes(), 0u);
    for (const auto& [id, association] : r->associations->associations()) {
      EXPECT_EQ(association->streams.in_use(), 0u);
      EXPECT_EQ(association->half_open, 0u);
    }
  }

  TimePoint now{1000s};
  FakeNetwork network;
  std::unique_ptr<event::Loop> loop = *event::Loop::Create();
  config::Configuration config_a, config_r, config_b;
  std::unique_ptr<TestNode> a, r, b;
};

}  // namespace funnel::sctpd
