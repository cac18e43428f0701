// A model: whatever a network does to frames, each stream's messages come in its order, unordered
// ones come once, and nobody waits for a stream that is not his.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/streams/piece_cutter.h"
#include "common/streams/piece_joiner.h"
#include "tests/unit/wire/ends.h"

namespace funnel::streams {
namespace {

using wire::testing::Ends;
using wire::testing::Pattern;
using wire::testing::Rogue;

wire::ChannelSettings WithAssociations() {
  wire::ChannelSettings settings;
  settings.features = wire::kAssociationFeatures;
  return settings;
}

wire::SessionInfo SomeClient() {
  wire::SessionInfo info{"192.0.2.1:4711", ""};
  info.streams = wire::StreamCounts{8, 8};
  return info;
}

class SessionOutput : public PieceCutter::Output {
 public:
  SessionOutput(wire::Channel& channel, SessionId session) : channel_(channel), session_(session) {}
  std::size_t Room() override {
    return channel_.TakesMessage(session_) ? channel_.PieceRoom(session_) : 0;
  }
  std::optional<std::uint64_t> Send(ByteView message, wire::Order order,
                                    std::uint64_t after) override {
    return channel_.SendMessage(session_, message, order, after);
  }

 private:
  wire::Channel& channel_;
  SessionId session_;
};

// One association through a channel, from A to B.
class Transfer {
 public:
  explicit Transfer(unsigned seed) : random_(seed) {
    ends_.Run();
    session_ = *ends_.a.channel->OpenSession(SomeClient());
    ends_.Run();
  }

  using Lane = std::pair<std::uint16_t, bool>;

  void Send(std::uint16_t stream, bool unordered, std::string text) {
    sent_[{stream, unordered}].push_back(text);
    const ByteView bytes = AsBytes(text);
    ASSERT_TRUE(cutter_.Add({.stream = stream,
                             .identifier = stream * 1000u,
                             .unordered = unordered,
                             .bytes = Bytes(bytes.begin(), bytes.end())}));
  }
  void SendSome() {
    const auto stream = static_cast<std::uint16_t>(random_() % 8);
    const std::size_t size = random_() % 8 == 0 ? random_() % 200'000 : random_() % 300;
    Send(stream, random_() % 3 == 0, Pattern(size + 1, static_cast<unsigned>(random_())));
  }
  // Hands on what the sender has, in any order, or keeps some of it.
  void Move(bool all) {
    SessionOutput output(*ends_.a.channel, session_);
    cutter_.Send(output);
    ends_.Flush(ends_.a);
    ends_.Flush(ends_.b);
    ends_.Deliver(ends_.b);
    auto& frames = ends_.a.out.frames;
    std::shuffle(frames.begin(), frames.end(), random_);
    const std::size_t kept = all || frames.empty() ? 0 : random_() % frames.size();
    while (frames.size() > kept) ends_.Give(ends_.b, ends_.a.out.Take());

    // The reader takes nothing for a while.
    auto& appetite = ends_.b.seen.appetite;
    if (!all && random_() % 4 == 0) appetite[session_] = 0;
    if ((all || random_() % 2 == 0) && appetite.erase(session_) > 0)
      ends_.b.channel->Resume(session_);
    Receive();
  }
  void Receive() {
    for (const auto& [id, message] : std::exchange(ends_.b.seen.messages, {})) {
      if (message.empty()) continue;
      const auto whole = joiner_.Offer(AsBytes(message));
      ASSERT_TRUE(whole) << whole.error().text;
      if (!*whole) continue;
      EXPECT_EQ((*whole)->identifier, (*whole)->stream * 1000u);
      std::string text(AsText((*whole)->begin));
      text += AsText((*whole)->rest);
      came_[{(*whole)->stream, (*whole)->unordered}].push_back(std::move(text));
      joiner_.Done(**whole);
    }
  }
  void Finish() {
    Move(/*all=*/true);
    for (int i = 0; i < 10'000 && !(cutter_.empty() && IsQuiet()); ++i) Move(/*all=*/true);
    ends_.a.channel->SendFin(session_);
    ends_.Run();
    Receive();
    EXPECT_TRUE(ends_.b.seen.sessions[session_].fin);
    EXPECT_FALSE(joiner_.has_unfinished());
    EXPECT_EQ(budget_.used(), 0u);
    Compare();
  }
  bool IsQuiet() {
    return ends_.a.out.frames.empty() && ends_.b.out.frames.empty() &&
           ends_.a.channel->queued_bytes() == 0;
  }
  void Compare() {
    for (auto& [lane, texts] : sent_) {
      auto& came = came_[lane];
      if (lane.second) {
        std::sort(texts.begin(), texts.end());
        std::sort(came.begin(), came.end());
      }
      EXPECT_TRUE(texts == came) << "stream " << lane.first << " unordered " << lane.second << ": "
                                 << texts.size() << " sent, " << came.size() << " came";
    }
  }

  std::mt19937 random_;
  Ends ends_{WithAssociations()};
  SessionId session_;
  PieceCutter cutter_;
  JoinBudget budget_{64 * 1024 * 1024};
  PieceJoiner joiner_{8, budget_};
  std::map<Lane, std::vector<std::string>> sent_, came_;
};

TEST(ReorderedStreams, EachStreamKeepsItsOrder) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Transfer transfer(seed);
    for (int step = 0; step < 60; ++step) {
      for (unsigned count = transfer.random_() % 4; count > 0; --count) transfer.SendSome();
      transfer.Move(/*all=*/false);
    }
    transfer.Finish();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(ReorderedStreams, ALostPieceHoldsUpItsOwnStreamOnly) {
  Transfer transfer(1);
  transfer.Send(1, false, Pattern(40'000));
  SessionOutput output(*transfer.ends_.a.channel, transfer.session_);
  transfer.cutter_.Send(output);
  transfer.ends_.Flush(transfer.ends_.a);
  const Bytes lost = transfer.ends_.a.out.Take();

  transfer.Send(1, false, "behind it");
  transfer.Send(2, false, "of another stream");
  transfer.Send(1, true, "unordered");
  transfer.Move(/*all=*/true);
  EXPECT_TRUE((transfer.came_[{1, false}].empty()));
  EXPECT_EQ((transfer.came_[{2, false}]), std::vector<std::string>{"of another stream"});
  EXPECT_EQ((transfer.came_[{1, true}]), std::vector<std::string>{"unordered"});

  transfer.ends_.Give(transfer.ends_.b, lost);
  transfer.Finish();
}

// As a byte stream or a unit would be: their boundaries are not kept.
TEST(ReorderedStreams, WhatIsNoPieceResetsTheSession) {
  for (const wire::MessageRecord& record :
       {wire::MessageRecord{.order = wire::Order::kFree, .more = true, .bytes = AsBytes("x")},
        wire::MessageRecord{.order = wire::Order::kOrdered, .number = 1, .bytes = AsBytes("x")}}) {
    Ends ends(WithAssociations());
    Rogue rogue(wire::Role::kInitiator);
    ends.Give(ends.b, rogue.NextWith(wire::OpenSessionRecord{SessionId(0), SomeClient()}));
    ends.Give(ends.b, rogue.Next(wire::testing::MessageBytes(record)));
    EXPECT_TRUE(ends.b.seen.sessions[SessionId(0)].reset);
    EXPECT_EQ(ends.b.seen.sessions[SessionId(0)].code, wire::EndCode::kProtocol);
    EXPECT_TRUE(ends.b.seen.messages.empty());
    EXPECT_TRUE(ends.b.seen.ended.empty());
  }
}

}  // namespace
}  // namespace funnel::streams
