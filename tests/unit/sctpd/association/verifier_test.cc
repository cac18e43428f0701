// The Verifier alone; association_test.cc tests it in a whole node.
#include "funnel-sctpd/association/verifier.h"

#include "tests/unit/sctpd/association/peer_harness.h"

namespace funnel::sctpd {
namespace {

class VerifierTest : public PeerParts, public Associations, public AssociationUser {
 protected:
  VerifierTest() {
    peers.Add(config);
    host.peer = peers.Find("b");
  }
  ~VerifierTest() override { all.Clear(); }

  Association* FindUp(const std::string&) override { return nullptr; }
  void AddWant(const std::string&) override {}
  void RemoveWant(const std::string&) override {}
  void SendControl(Association&, StreamId stream, Bytes) override { sent_on.push_back(stream); }
  void OnAssociationUp(Association& association) override { up.push_back(association.id()); }
  void OnAssociationDown(Association&, const std::string&) override {}
  void OnFrame(Association&, StreamId, MutableByteView) override {}
  void OnWritable(Association&) override {}
  std::optional<TimePoint> IdleSince(const Association&) const override { return std::nullopt; }

  Association& ComeIn(std::uint64_t id = 1) {
    const auto address = *sctp::TransportAddress::Parse("198.51.100.1", 9899);
    Association& association =
        all.Add(std::make_unique<Association>(AssociationId(id), address, now));
    verifier.LetIn(association, {.incoming = true, .peer = address, .streams = 128});
    return association;
  }
  static ipc::PeerVerified Verdict(std::uint64_t id = 1) {
    return {AssociationId(id), "b", "b.example", 1};
  }
  static Bytes Frame() { return Bytes(wire::kFrameHeaderSize + 1); }

  AssociationRegistry all{shared};
  PeerRegistry peers{shared, host};
  Verifier verifier{{shared, host, *this, *this, all, peers}};
  std::vector<StreamId> sent_on;
  std::vector<AssociationId> up;
};

TEST_F(VerifierTest, VerdictBringsItUp) {
  Association& association = ComeIn();
  EXPECT_EQ(association.deadline.at(), now + shared.config.node.sctp.verify_timeout);
  EXPECT_EQ(counters[kAssociationsUnverified].value(), 1u);
  verifier.OnVerified(Verdict());
  EXPECT_TRUE(association.up());
  EXPECT_TRUE(association.IsConsistent());
  EXPECT_EQ(up, std::vector{association.id()});
  EXPECT_EQ(peers.Find("b")->up(), &association);
  EXPECT_EQ(association.deadline.at(), TimePoint::max());
  EXPECT_EQ(counters[kAssociationsUnverified].value(), 0u);
}

TEST_F(VerifierTest, VerdictForSomebodyElseEndsIt) {
  ComeIn(1);
  verifier.OnVerified({AssociationId(1), "c", "c.example", 1});
  ComeIn(2);
  verifier.OnVerified({AssociationId(2), "b", "c.example", 1});
  EXPECT_EQ(host.ended, (std::vector<std::string>{"no peer of that name is configured",
                                                  "it is not the node that is configured"}));
  EXPECT_EQ(counters[kPeersFailed].value(), 2u);
  EXPECT_TRUE(up.empty());
}

TEST_F(VerifierTest, StrangersFramesAreLimited) {
  Association& association = ComeIn();
  for (int i = 0; i < 32; ++i) verifier.OnFrame(association, Frame());
  EXPECT_EQ(authd.frames.size(), 32u);
  EXPECT_TRUE(host.ended.empty());
  verifier.OnFrame(association, Frame());
  EXPECT_EQ(host.ended, std::vector<std::string>{"too many frames before it was verified"});
  EXPECT_EQ(counters[kDropPeerFrame].value(), 1u);
}

TEST_F(VerifierTest, FramesWaitForAnAuthdThatIsStarting) {
  Association& association = ComeIn();
  authd.up = false;
  for (int i = 0; i < 9; ++i) verifier.OnFrame(association, Frame());
  EXPECT_EQ(counters[kDropPeerFrame].value(), 1u) << "eight wait";
  authd.up = true;
  verifier.OnAuthdUp();
  EXPECT_EQ(authd.frames.size(), 8u);
  // If an earlier authd had a handshake's frames, the handshake is over.
  verifier.OnAuthdUp();
  EXPECT_EQ(host.ended, std::vector<std::string>{"the handshake was interrupted"});
}

TEST_F(VerifierTest, WhatWasVerifiedStaysUpThoughANewAuthdCannot) {
  Association& association = ComeIn();
  verifier.OnVerified(Verdict());
  verifier.OnAuthdUp();
  verifier.OnVerifyFailed({.association = association.id(), .text = "no KDC"});
  EXPECT_TRUE(association.up());
  verifier.OnVerified(Verdict());
  verifier.OnVerifyFailed({.association = association.id(), .text = "not any more"});
  EXPECT_FALSE(association.up()) << "that authd had verified it";
}

TEST_F(VerifierTest, PlaceIsGivenBackWithTheAssociation) {
  shared.config.node.sctp.unverified_per_address = 1;
  verifier.Configure();
  Association& first = ComeIn(1);
  ComeIn(2);
  EXPECT_EQ(counters[kAssociationsLimited].value(), 1u);
  host.End(first, "it has gone");
  verifier.UpdateGauge();
  EXPECT_EQ(counters[kAssociationsUnverified].value(), 0u);
  ComeIn(3);
  EXPECT_EQ(counters[kAssociationsLimited].value(), 1u);
}

}  // namespace
}  // namespace funnel::sctpd
