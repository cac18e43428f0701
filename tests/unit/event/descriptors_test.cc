#include "common/event/descriptors.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <functional>

namespace funnel::event {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One end of a pair that is in the set.
struct Member : DescriptorHandler {
  UniqueFd near, far;
  int calls = 0;
  std::function<void()> then;
  Registration registration;  // last, so that it is destroyed before the descriptor

  Member() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }
  void Join(EpollSet& set) {
    auto added = set.Add(near.get(), EPOLLIN, *this);
    ASSERT_TRUE(added) << added.error().message;
    registration = std::move(*added);
  }
  void Poke() const { EXPECT_EQ(write(far.get(), "x", 1), 1); }
  void OnReady(std::uint32_t) override {
    char c;
    EXPECT_EQ(read(near.get(), &c, 1), 1);
    ++calls;
    if (then) then();
  }
};

class EpollSetTest : public testing::Test {
 protected:
  void SetUp() override {
    loop_ = std::move(*Loop::Create());
    set_ = std::move(*EpollSet::Create(*loop_));
  }
  void Settle() {
    while (*loop_->RunOnce(milliseconds(0))) {
    }
  }
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<EpollSet> set_;
};

TEST_F(EpollSetTest, ReportsEachReadyMember) {
  std::vector<Member> members(200);
  for (Member& member : members) member.Join(*set_);
  for (Member& member : members) member.Poke();
  Settle();
  for (Member& member : members) EXPECT_EQ(member.calls, 1);
  EXPECT_EQ(set_->size(), 200u);
}

TEST_F(EpollSetTest, OneTurnDoesNotExceedItsBudget) {
  std::vector<Member> members(EpollSet::kBudget + 50);
  for (Member& member : members) member.Join(*set_);
  for (Member& member : members) member.Poke();
  int before = 0;
  ASSERT_TRUE(*loop_->RunOnce(seconds(1)));
  for (Member& member : members) before += member.calls;
  EXPECT_LE(before, EpollSet::kBudget);
  Settle();
  for (Member& member : members) EXPECT_EQ(member.calls, 1);
}

TEST_F(EpollSetTest, HandlerMayRemoveItself) {
  Member member;
  member.Join(*set_);
  member.then = [&] { member.registration.Remove(); };
  member.Poke();
  member.Poke();
  Settle();
  EXPECT_EQ(member.calls, 1);
  EXPECT_EQ(set_->size(), 0u);
}

TEST_F(EpollSetTest, RemovedMemberOfTheSameBatchIsNotCalled) {
  Member a, b;
  a.Join(*set_);
  b.Join(*set_);
  a.then = [&] { b.registration.Remove(); };
  b.then = [&] { a.registration.Remove(); };
  a.Poke();
  b.Poke();
  Settle();
  EXPECT_EQ(a.calls + b.calls, 1);
}

TEST_F(EpollSetTest, SuccessorInTheSameSlotGetsNoStaleEvent) {
  Member a, b, successor;
  a.Join(*set_);
  b.Join(*set_);
  auto replace = [&](Member& other) {
    other.registration.Remove();
    if (!successor.registration) successor.Join(*set_);
  };
  a.then = [&] { replace(b); };
  b.then = [&] { replace(a); };
  a.Poke();
  b.Poke();
  Settle();
  EXPECT_EQ(a.calls + b.calls, 1);
  EXPECT_EQ(successor.calls, 0);
  successor.Poke();
  Settle();
  EXPECT_EQ(successor.calls, 1);
}

TEST_F(EpollSetTest, EventsCanBeTurnedOffAndOn) {
  Member member;
  member.Join(*set_);
  member.registration.SetEvents(0);
  member.Poke();
  Settle();
  EXPECT_EQ(member.calls, 0);
  member.registration.SetEvents(EPOLLIN);
  Settle();
  EXPECT_EQ(member.calls, 1);
}

TEST_F(EpollSetTest, MovedRegistrationStaysInTheSet) {
  Member member;
  member.Join(*set_);
  Registration moved = std::move(member.registration);
  EXPECT_FALSE(member.registration);
  member.Poke();
  Settle();
  EXPECT_EQ(member.calls, 1);
}

}  // namespace
}  // namespace funnel::event
