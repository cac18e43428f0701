#include "funnel-udpd/send_batch.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <deque>

#include "common/base/unique_fd.h"

namespace {

// What the kernel has pending on the socket, or answers to a train: each call takes one.
std::deque<int> pending;

int calls = 0;

bool Fails() {
  ++calls;
  if (pending.empty()) return false;
  errno = pending.front();
  pending.pop_front();
  return errno != 0;
}

}  // namespace

extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  using Call = int (*)(int, mmsghdr*, unsigned, int);
  static const auto real = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "sendmmsg"));
  return Fails() ? -1 : real(fd, messages, count, flags);
}

extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  using Call = ssize_t (*)(int, const msghdr*, int);
  static const auto real = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "sendmsg"));
  return Fails() ? -1 : real(fd, message, flags);
}

namespace funnel::udpd {
namespace {

class SendBatchTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kTrain = 40;

  SendBatchTest() {
    const auto any = *SocketAddress::FromLiteral("127.0.0.1", 0);
    backend_.reset(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    EXPECT_EQ(bind(backend_.get(), any.data(), any.size()), 0);
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    auto* address = reinterpret_cast<sockaddr*>(&name);
    EXPECT_EQ(getsockname(backend_.get(), address, &size), 0);
    socket_.reset(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    EXPECT_EQ(connect(socket_.get(), address, size), 0);
    pending.clear();
  }

  // Sends a train, and returns how many datagrams came.
  std::size_t SendTrain() {
    for (std::size_t i = 0; i < kTrain; ++i) batch_.Add(socket_.get(), {}, {}, Bytes(100, 1));
    batch_.Flush();
    std::size_t got = 0;
    char room[200];
    while (recv(backend_.get(), room, sizeof room, 0) > 0) ++got;
    return got;
  }

  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();
  SendBatch batch_{*loop_};
  UniqueFd backend_, socket_;
};

TEST_F(SendBatchTest, AnEarlierDatagramsErrorCostsATrainNothing) {
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES, ENOPROTOOPT, EPROTO,
                          EMSGSIZE, EINVAL, EIO}) {
    pending = {error};
    EXPECT_EQ(SendTrain(), kTrain) << strerror(error);
    const SendBatch::Totals totals = batch_.TakeTotals();
    EXPECT_EQ(totals.sent, kTrain) << strerror(error);
    EXPECT_EQ(totals.errors + totals.refused + totals.blocked, 0u) << strerror(error);
  }
}

TEST_F(SendBatchTest, SendsSinglyWhatTheKernelWouldNotSegment) {
  // The train twice, then one of its datagrams gets another's error.
  pending = {EINVAL, EINVAL, 0, 0, EHOSTUNREACH};
  EXPECT_EQ(SendTrain(), kTrain);
  EXPECT_EQ(batch_.TakeTotals().sent, kTrain);
}

TEST_F(SendBatchTest, OneTrainThatWasNotSegmentedStopsNoOther) {
  for (const int error : {EINVAL, ENOPROTOOPT, EIO}) {
    pending = {error, error};
    EXPECT_EQ(SendTrain(), kTrain);
    calls = 0;
    EXPECT_EQ(SendTrain(), kTrain);
    EXPECT_EQ(calls, 1) << strerror(error);
  }
}

TEST_F(SendBatchTest, NamesWhatIsTooLarge) {
  pending = std::deque<int>(2 + 2 * kTrain, EMSGSIZE);
  EXPECT_EQ(SendTrain(), 0u);
  const SendBatch::Totals totals = batch_.TakeTotals();
  EXPECT_EQ(totals.too_large, kTrain);
  EXPECT_EQ(totals.too_large_bytes, 100u);
  EXPECT_EQ(totals.errors, 0u);
}

TEST_F(SendBatchTest, CountsWhatFailsForItself) {
  pending = {EAGAIN};
  EXPECT_EQ(SendTrain(), 0u);
  EXPECT_EQ(batch_.TakeTotals().blocked, kTrain);
  pending = std::deque<int>(2 + 2 * kTrain, EACCES);
  EXPECT_EQ(SendTrain(), 0u);
  EXPECT_EQ(batch_.TakeTotals().errors, kTrain);
}

}  // namespace
}  // namespace funnel::udpd
