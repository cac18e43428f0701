// Many UDP flows at once, each datagram checked.
//
//   flows serve ADDRESS
//   flows client ADDRESS [--flows N] [--rounds N] [--size BYTES] [--window N] [--timeout S]
//
// serve answers each datagram with the two bytes of the port it came from, then the datagram.
// client keeps N sockets open; in every round each sends one datagram and waits for its answer, at
// most `window` unanswered at a time. It asks once only: a lost datagram shows. It prints one JSON
// line with how many were answered, wrong answers, and flows whose source port, as the server
// sees it, changed or was another flow's too.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "common/base/unique_fd.h"
#include "tests/tools/address.h"

namespace funnel::tools {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kLargest = 65507;
constexpr std::size_t kHeader = 8;  // flow 32, round 32
constexpr int kBufferBytes = 8 * 1024 * 1024;

struct Wanted {
  std::size_t flows = 100;
  std::uint32_t rounds = 3;
  std::size_t size = 100;
  std::size_t window = 256;
  std::chrono::seconds timeout{60};
};

struct Flow {
  UniqueFd fd;
  std::uint32_t answered_round = 0;
  std::uint16_t port = 0;  // as the server sees it
};

struct Counts {
  std::size_t sent = 0, answered = 0, wrong = 0, moved = 0;
};

[[noreturn]] void Die(const std::string& text) {
  std::fprintf(stderr, "flows: %s: %s\n", text.c_str(), strerror(errno));
  std::exit(2);
}

int Serve(const std::string& where) {
  const auto address = ParseAddress(where);
  if (!address) Die(address.error().message);
  UniqueFd fd(socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
  if (bind(fd.get(), address->data(), address->size) != 0) Die(where);
  std::puts("listening");
  std::fflush(stdout);
  std::vector<std::uint8_t> buffer(kLargest + 2);

  while (true) {
    sockaddr_in6 from{};  // the port lies at the same place in both families
    socklen_t length = sizeof from;
    const ssize_t count = recvfrom(fd.get(), buffer.data() + 2, kLargest, 0,
                                   reinterpret_cast<sockaddr*>(&from), &length);
    if (count < 0) continue;
    std::memcpy(buffer.data(), &from.sin6_port, 2);
    const std::size_t answer = std::min(kLargest, static_cast<std::size_t>(count) + 2);
    sendto(fd.get(), buffer.data(), answer, 0, reinterpret_cast<sockaddr*>(&from), length);
  }
}

// The datagram of one flow and round: every byte depends on both.
void Compose(std::uint32_t flow, std::uint32_t round, std::vector<std::uint8_t>& out) {
  std::memcpy(out.data(), &flow, 4);
  std::memcpy(out.data() + 4, &round, 4);
  for (std::size_t at = kHeader; at < out.size(); ++at)
    out[at] = static_cast<std::uint8_t>(flow * 31 + round * 7 + at);
}

class Client {
 public:
  Client(const Address& address, const Wanted& wanted)
      : wanted_(wanted), flows_(wanted.flows), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t index = 0; index < flows_.size(); ++index) {
      UniqueFd fd(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (!fd || connect(fd.get(), address.data(), address.size) != 0) Die("connect");
      epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
      if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) Die("epoll_ctl");
      flows_[index].fd = std::move(fd);
    }
  }

  // Counts what was answered within the time.
  Counts Run() {
    const auto end = SteadyClock::now() + wanted_.timeout;
    for (std::uint32_t round = 1; round <= wanted_.rounds; ++round) {
      std::size_t next = 0;
      const std::size_t before = counts_.answered;
      while (counts_.answered - before < flows_.size() && SteadyClock::now() < end) {
        while (next < flows_.size() && next - (counts_.answered - before) < wanted_.window)
          Send(next++, round);
        Receive(round);
      }
    }
    std::set<std::uint16_t> ports;
    for (const Flow& flow : flows_)
      if (flow.port != 0 && !ports.insert(flow.port).second) ++counts_.moved;
    return counts_;
  }

 private:
  void Send(std::size_t index, std::uint32_t round) {
    std::vector<std::uint8_t> datagram(std::max(wanted_.size, kHeader));
    Compose(static_cast<std::uint32_t>(index), round, datagram);
    if (send(flows_[index].fd.get(), datagram.data(), datagram.size(), 0) > 0) ++counts_.sent;
  }

  void Receive(std::uint32_t round) {
    epoll_event events[256];
    const int count = epoll_wait(epoll_.get(), events, 256, 50);
    for (int at = 0; at < count; ++at) Take(events[at].data.u64, round);
  }

  void Take(std::size_t index, std::uint32_t round) {
    Flow& flow = flows_[index];
    std::vector<std::uint8_t> expected(std::max(wanted_.size, kHeader));
    Compose(static_cast<std::uint32_t>(index), round, expected);
    std::vector<std::uint8_t> got(kLargest + 1);
    const ssize_t count = recv(flow.fd.get(), got.data(), got.size(), 0);
    if (count < 2) return;
    std::uint16_t port = 0;
    std::memcpy(&port, got.data(), 2);
    const bool right =
        static_cast<std::size_t>(count) == std::min(expected.size() + 2, kLargest) &&
        std::memcmp(got.data() + 2, expected.data(), static_cast<std::size_t>(count) - 2) == 0;
    if (!right || flow.answered_round >= round) {
      ++counts_.wrong;
      return;
    }
    flow.answered_round = round;
    ++counts_.answered;
    if (flow.port != 0 && flow.port != port) ++counts_.moved;
    flow.port = port;
  }

  Wanted wanted_;
  std::vector<Flow> flows_;
  UniqueFd epoll_;
  Counts counts_;
};

Wanted ParseWanted(const std::vector<std::string>& options) {
  Wanted wanted;
  for (std::size_t at = 0; at + 1 < options.size(); at += 2) {
    const auto value = std::strtoull(options[at + 1].c_str(), nullptr, 10);
    if (options[at] == "--flows")
      wanted.flows = value;
    else if (options[at] == "--rounds")
      wanted.rounds = static_cast<std::uint32_t>(value);
    else if (options[at] == "--size")
      wanted.size = value;
    else if (options[at] == "--window")
      wanted.window = value;
    else if (options[at] == "--timeout")
      wanted.timeout = std::chrono::seconds(value);
    else
      Die(options[at] + "?");
  }

  return wanted;
}

}  // namespace
}  // namespace funnel::tools

int main(int argc, char** argv) {
  using namespace funnel::tools;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "serve") return Serve(arguments[1]);
  if (arguments.size() < 2 || arguments[0] != "client") {
    std::fputs("usage: flows serve ADDRESS | flows client ADDRESS [OPTION VALUE...]\n", stderr);
    return 2;
  }

  const auto address = ParseAddress(arguments[1]);
  if (!address) Die(address.error().message);
  const Wanted wanted = ParseWanted({arguments.begin() + 2, arguments.end()});
  const auto start = SteadyClock::now();
  const Counts counts = Client(*address, wanted).Run();
  const std::size_t asked = wanted.flows * wanted.rounds;

  std::printf(
      "{\"asked\": %zu, \"sent\": %zu, \"answered\": %zu, \"wrong\": %zu, \"moved\": %zu, "
      "\"seconds\": %.3f}\n",
      asked, counts.sent, counts.answered, counts.wrong, counts.moved,
      std::chrono::duration<double>(SteadyClock::now() - start).count());

  return counts.answered == asked && counts.wrong == 0 && counts.moved == 0 ? 0 : 1;
}
