// Both ends of a command's flows, and what a test reads from and writes to one of them.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/command/control_reader.h"
#include "common/ipc/flow_descriptors.h"

namespace funnel::command {

inline constexpr int kPatienceMs = 20'000;

inline void WriteAll(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    pollfd ready{fd, POLLOUT, 0};
    ASSERT_EQ(::poll(&ready, 1, kPatienceMs), 1);
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    ASSERT_GT(size, 0);
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
}
inline void WriteAll(int fd, std::string_view text) { WriteAll(fd, AsBytes(text)); }

// Everything until the end.
inline std::string ReadAll(int fd) {
  std::string out;
  char buffer[65536];
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) != 1) break;
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size <= 0) break;
    out.append(buffer, static_cast<std::size_t>(size));
  }
  return out;
}

// So many bytes; fewer only at the end.
inline std::string ReadExactly(int fd, std::size_t size) {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) != 1) break;
    const ssize_t got = ::read(fd, out.data() + have, size - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

// The next one of a control flow; Skipped if none comes.
inline ControlMessage NextMessage(int fd) {
  const std::string header = ReadExactly(fd, kControlHeader);
  if (header.size() < kControlHeader) return Skipped{};
  ByteReader in(AsBytes(header));
  const std::uint8_t type = *in.U8();
  const std::string fields = ReadExactly(fd, *in.U16());
  const auto message = ParseControl(type, AsBytes(fields));
  return message ? *message : ControlMessage(Skipped{});
}

inline std::vector<ControlMessage> MessagesIn(const std::string& text) {
  ControlReader reader;
  reader.Add(AsBytes(text));
  std::vector<ControlMessage> out;
  for (;;) {
    ControlMessage message;
    const auto whole = reader.Next(message);
    if (!whole || !*whole) return out;
    out.push_back(std::move(message));
  }
}

// The far ends as one names them.
struct Ends {
  ipc::FlowPairs pairs = *ipc::MakeFlowPairs();

  [[nodiscard]] int stdio() const { return pairs.theirs[0].get(); }
  [[nodiscard]] int errors() const { return pairs.theirs[1].get(); }
  [[nodiscard]] int control() const { return pairs.theirs[2].get(); }
  void CloseTheirs() {
    for (UniqueFd& fd : pairs.theirs) fd.reset();
  }
};

struct PipeEnds {
  PipeEnds() {
    int fds[2];
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    read.reset(fds[0]);
    write.reset(fds[1]);
  }
  UniqueFd read, write;
};

}  // namespace funnel::command
