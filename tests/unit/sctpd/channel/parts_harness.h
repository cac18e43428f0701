// The environment of a part of the ChannelTable in a test of its own: shared state made of fakes, a
// link whose frames the test provides, and associations that record what was asked of them.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <vector>

#include "funnel-sctpd/channel/channel_ends.h"
#include "funnel-sctpd/channel/channel_side.h"
#include "tests/unit/sctpd/fake_shared_state.h"

namespace funnel::sctpd {

inline constexpr ChannelId kId{7};

class TestLink final : public FrameLink {
 public:
  explicit TestLink(FrameLinkObserver& observer) : FrameLink(observer) {}

  ipc::FrameReader::Status Drain(ipc::ReadBuffer&, const OnFrame& on_frame) override {
    for (; !input.empty(); input.pop_front())
      if (!on_frame(input.front())) return ipc::FrameReader::Status::kPaused;
    return closed ? ipc::FrameReader::Status::kClosed : ipc::FrameReader::Status::kDrained;
  }
  void WatchInput(bool watch) override { watched = watch; }
  void Append(ByteView frame) override { output.emplace_back(frame.begin(), frame.end()); }
  void Append(wire::FrameType type, ChannelId channel, ByteView body) override {
    output.push_back(wire::MakeFrame({.type = type, .channel = channel}, body));
  }
  bool Flush() override { return !broken; }
  std::size_t pending_bytes() const override { return pending; }
  std::size_t pending_for_edge_bytes() const override { return pending; }
  bool loses_pending() const override { return false; }

  std::deque<Bytes> input;
  std::vector<Bytes> output;
  std::size_t pending = 0;
  bool closed = false, broken = false, watched = true;
};

class FakeAssociations final : public Associations {
 public:
  Association* FindUp(const std::string& peer) override {
    return up != nullptr && up->peer == peer ? up : nullptr;
  }
  void AddWant(const std::string& peer) override { wanted.push_back(peer); }
  void RemoveWant(const std::string& peer) override { std::erase(wanted, peer); }
  void SendControl(Association&, StreamId, Bytes frame) override {
    sent.push_back(TestEdge::TypeOf(frame));
  }
  Association* up = nullptr;
  std::vector<std::string> wanted;
  std::vector<wire::FrameType> sent;
};

class TestSide final : public ChannelSide {
 public:
  void OnLinkClosed(Channel& channel) override { closed.push_back(channel.number); }
  bool OnAnswer(Channel&, wire::FrameType, ByteView) override { return false; }
  void OnQueued(Channel&) override {}
  std::string_view no_answer() const override { return "nobody"; }
  std::string_view RoleText(const Channel&) const override { return "test"; }
  bool IsConfigured(const Channel&) const override { return true; }
  bool HidesConnections(const Channel&) const override { return false; }
  std::vector<std::uint64_t> closed;
};

class ChannelParts : public testing::Test, public FakeSharedState, public FrameLinkObserver {
 protected:
  ChannelParts() {
    SetLogLevel(LogLevel::kError);
    shared.config.services = {MakeService("dns", config::Role::kListen, "b")};
  }
  void OnLinkReadable(FrameLink&) override {}
  void OnLinkWritable(FrameLink&) override {}

  // An association that the engine has, so that what is sent on it is in engine.sent.
  AssociationId Connect() { return *engine.Connect({.addresses = {engine_address}}); }
  // An association with the peer "b" that is up, and unknown to the engine.
  std::unique_ptr<Association> MakeUp() { return MakeUp(AssociationId(next_association_++)); }
  std::unique_ptr<Association> MakeUp(AssociationId id) {
    auto made =
        std::make_unique<Association>(id, *sctp::TransportAddress::Parse("192.0.2.2", 9899), now);
    made->peer = "b";
    made->streams = StreamMap(128, Parity::kOdd);
    made->SetState(Association::Up{.node = "b.example"}, "");
    return made;
  }
  Channel& Add(ChannelRole role) { return channels.Add(role, "dns", "b", side); }
  TestLink& Link(Channel& channel) {
    auto made = std::make_unique<TestLink>(*this);
    TestLink& link = *made;
    links.Set(channel, std::move(made));
    return link;
  }

  FakeAssociations associations;
  TestSide side;
  ChannelRegistry channels{shared};
  LinkTable links{shared};
  PendingOpens pending{shared, channels};
  ChannelEnds ends{{shared, associations, channels, links, pending}};

 private:
  std::uint64_t next_association_ = 1000;
};

}  // namespace funnel::sctpd
