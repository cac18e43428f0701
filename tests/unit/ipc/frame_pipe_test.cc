#include "common/ipc/frame_pipe.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <random>

#include "tests/sctp/count_allocations.h"

namespace funnel::ipc {
namespace {

using Status = FrameReader::Status;

Bytes Frame(std::size_t size, std::uint8_t fill = 7) { return Bytes(size, fill); }

class FramePipeTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = ChannelSocketPair::Create();
    ASSERT_TRUE(made);
    pair_ = std::move(*made);
  }
  void SendRaw(ByteView bytes) {
    ASSERT_EQ(send(pair_.theirs.get(), bytes.data(), bytes.size(), MSG_DONTWAIT),
              static_cast<ssize_t>(bytes.size()));
  }
  void ReadRaw() {
    while (::recv(pair_.ours.get(), buffer_.view().data(), ReadBuffer::kSize, MSG_DONTWAIT) > 0) {
    }
  }
  Result<Status> Drain() {
    return reader_.Drain(pair_.ours.get(), buffer_, [&](MutableByteView frame) {
      if (accept_ == 0) return false;
      --accept_;
      frames_.emplace_back(frame.begin(), frame.end());
      return true;
    });
  }
  ChannelSocketPair pair_;
  ReadBuffer buffer_;
  FrameReader reader_;
  FrameWriter writer_{1 << 20};
  std::vector<Bytes> frames_;
  std::size_t accept_ = SIZE_MAX;
};

TEST_F(FramePipeTest, CarriesManyFramesInOneCall) {
  for (std::size_t i = 0; i < 100; ++i) writer_.Append(Frame(12 + i, static_cast<std::uint8_t>(i)));
  EXPECT_TRUE(*writer_.Flush(pair_.theirs.get()));
  EXPECT_EQ(*Drain(), Status::kDrained);
  ASSERT_EQ(frames_.size(), 100u);
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_EQ(frames_[i], Frame(12 + i, static_cast<std::uint8_t>(i)));
  EXPECT_EQ(reader_.held_bytes(), 0u);
}

TEST_F(FramePipeTest, CommitMayUseLessThanReserved) {
  MutableByteView room = writer_.Reserve(5000);
  ASSERT_EQ(room.size(), 5000u);
  std::fill(room.begin(), room.end(), 9);
  writer_.Commit(20);
  writer_.Append(Frame(30));
  EXPECT_TRUE(*writer_.Flush(pair_.theirs.get()));
  EXPECT_EQ(*Drain(), Status::kDrained);
  ASSERT_EQ(frames_.size(), 2u);
  EXPECT_EQ(frames_[0], Frame(20, 9));
}

TEST_F(FramePipeTest, ReservationWithoutCommitIsVoid) {
  ASSERT_FALSE(writer_.Reserve(5000).empty());
  EXPECT_FALSE(writer_.wants_write());
  writer_.Append(Frame(30));
  EXPECT_TRUE(*writer_.Flush(pair_.theirs.get()));
  EXPECT_EQ(*Drain(), Status::kDrained);
  EXPECT_EQ(frames_.size(), 1u);
}

TEST_F(FramePipeTest, ReservesNothingAboveItsLimit) {
  FrameWriter small(100);
  small.Append(Frame(200));
  EXPECT_TRUE(small.full());
  EXPECT_TRUE(small.Reserve(12).empty());
  EXPECT_TRUE(*small.Flush(pair_.theirs.get()));
  EXPECT_FALSE(small.Reserve(12).empty());
}

// Several chunks of a turn are used again in the next one, by any writer.
TEST_F(FramePipeTest, ABusyWriterAsksForNoMemoryEachTurn) {
  constexpr std::size_t kRounds = 100;
  FrameWriter other(1 << 20);
  std::size_t before = 0;
  for (std::size_t round = 0; round <= kRounds; ++round) {
    if (round == 1) before = sctp::testing::Allocations();
    FrameWriter& writer = round % 2 == 0 ? writer_ : other;
    for (int i = 0; i < 5; ++i) {
      ASSERT_FALSE(writer.Reserve(60'000).empty());
      writer.Commit(60'000);
    }
    while (!*writer.Flush(pair_.theirs.get())) ReadRaw();
    ReadRaw();
  }
  // Three chunks in each round; sometimes their list needs memory, too.
  EXPECT_LT(sctp::testing::Allocations() - before, kRounds / 2);
}

TEST_F(FramePipeTest, FramesSplitAnywhereArriveWhole) {
  Bytes stream;
  for (int i = 0; i < 3; ++i) {
    ByteWriter unit;
    unit.Block32(Frame(15, static_cast<std::uint8_t>(i)));
    stream.insert(stream.end(), unit.bytes().begin(), unit.bytes().end());
  }
  for (std::uint8_t byte : stream) {
    SendRaw(ByteView(&byte, 1));
    EXPECT_EQ(*Drain(), Status::kDrained);
  }
  ASSERT_EQ(frames_.size(), 3u);
  EXPECT_EQ(frames_[2], Frame(15, 2));
}

TEST_F(FramePipeTest, AFullSocketKeepsTheRestInOrder) {
  std::size_t total = 0;
  std::mt19937 random(3);
  std::vector<Bytes> sent;
  while (total < 3'000'000) {
    sent.push_back(Frame(12 + random() % 60'000, static_cast<std::uint8_t>(random())));
    writer_.Append(sent.back());
    total += sent.back().size();
  }
  EXPECT_FALSE(*writer_.Flush(pair_.theirs.get()));
  EXPECT_TRUE(writer_.wants_write());
  while (frames_.size() < sent.size()) {
    ASSERT_TRUE(Drain());
    ASSERT_TRUE(writer_.Flush(pair_.theirs.get()));
  }
  EXPECT_EQ(frames_, sent);
  EXPECT_EQ(writer_.pending_bytes(), 0u);
}

TEST_F(FramePipeTest, PausedReaderShowsTheSameFrameAgain) {
  for (std::uint8_t i = 0; i < 10; ++i) writer_.Append(Frame(20, i));
  EXPECT_TRUE(*writer_.Flush(pair_.theirs.get()));
  accept_ = 4;
  EXPECT_EQ(*Drain(), Status::kPaused);
  EXPECT_EQ(frames_.size(), 4u);
  EXPECT_GT(reader_.held_bytes(), 0u);
  EXPECT_EQ(*Drain(), Status::kPaused);
  EXPECT_EQ(frames_.size(), 4u);
  accept_ = SIZE_MAX;
  EXPECT_EQ(*Drain(), Status::kDrained);
  ASSERT_EQ(frames_.size(), 10u);
  for (std::uint8_t i = 0; i < 10; ++i) EXPECT_EQ(frames_[i], Frame(20, i));
}

TEST_F(FramePipeTest, WhatCameBeforeTheEndIsDelivered) {
  writer_.Append(Frame(20));
  EXPECT_TRUE(*writer_.Flush(pair_.theirs.get()));
  pair_.theirs.reset();
  auto status = *Drain();
  if (status != Status::kClosed) status = *Drain();
  EXPECT_EQ(status, Status::kClosed);
  EXPECT_EQ(frames_.size(), 1u);
}

TEST_F(FramePipeTest, LengthsThatCannotBeAreErrors) {
  for (std::uint32_t length : {0u, 11u, static_cast<unsigned>(wire::kMaxFrameSize + 1), ~0u}) {
    SetUp();
    reader_ = FrameReader();
    SendRaw(ByteWriter().U32(length).bytes());
    EXPECT_FALSE(Drain()) << length;
  }
}

TEST_F(FramePipeTest, TheLargestFrameArrives) {
  writer_.Append(Frame(wire::kMaxFrameSize));
  writer_.Append(Frame(wire::kMaxFrameSize, 1));
  while (frames_.size() < 2) {
    ASSERT_TRUE(writer_.Flush(pair_.theirs.get()));
    ASSERT_TRUE(Drain());
  }
  EXPECT_EQ(frames_[1].size(), wire::kMaxFrameSize);
}

TEST_F(FramePipeTest, RandomBytesEndInAnErrorOrWait) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    SetUp();
    reader_ = FrameReader();
    Bytes noise(1 + random() % 400);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : 0);
    SendRaw(noise);
    auto status = Drain();
    if (status) {
      EXPECT_EQ(*status, Status::kDrained);
    }
  }
}

TEST_F(FramePipeTest, WritingToAClosedSocketIsAnError) {
  pair_.ours.reset();
  writer_.Append(Frame(20));
  EXPECT_FALSE(writer_.Flush(pair_.theirs.get()));
}

// Another thread closes it: the sender may have made that slow.
TEST_F(FramePipeTest, ADescriptorEndsTheChannelAndIsClosedElsewhere) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  UniqueFd kept(fds[0]), passed(fds[1]);

  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  char byte = 'x';
  iovec piece{&byte, 1};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;

  cmsghdr* c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  *reinterpret_cast<int*>(CMSG_DATA(c)) = passed.get();

  ASSERT_EQ(sendmsg(pair_.theirs.get(), &message, 0), 1);
  passed.reset();
  auto status = Drain();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "a descriptor on a channel socket");
  EXPECT_EQ(recv(kept.get(), &byte, 1, 0), 0) << "it is still open";
}

TEST_F(FramePipeTest, SocketMustBeAConnectedUnixStream) {
  EXPECT_TRUE(RequireChannelSocket(pair_.ours.get()));
  EXPECT_FALSE(RequireChannelSocket(-1));
  EXPECT_FALSE(RequireChannelSocket(0));
  UniqueFd unconnected(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(RequireChannelSocket(unconnected.get()));
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
  UniqueFd a(fds[0]), b(fds[1]);
  EXPECT_FALSE(RequireChannelSocket(a.get()));
}

}  // namespace
}  // namespace funnel::ipc
