// wan: a wide area network between two network namespaces, by a program, for kernels without netem.
//
//   wan [-s SEED] [-i IFNAME] NS-A NS-B [[ab.|ba.]KEY=VALUE]...
//
//   delay=MS      one way                    loss=PCT        independent
//   jitter=MS     delay +- uniform; in order ge=P,R[,B[,G]]  Gilbert-Elliott: PCT good to bad, bad
//   rate=MBIT     of IP bytes; 0: no limit                   to good per packet; loss in bad (100)
//   queue=BYTES   tail drop (with rate)                      and in good (0)
//   dup=PCT       duplicates                 reorder=PCT,MS  held back MS more, others overtake
//
// A namespace is a name of `ip netns`, or a path (/proc/PID/ns/net). ab. is from NS-A to NS-B;
// without it a key sets both directions. Attaches to TUN devices IFNAME (wan0) in both namespaces,
// making them if need be. Says "wan: ready" on stderr. SIGUSR1 prints counters there, SIGTERM and
// SIGINT print them and end it.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/base/clock.h"
#include "tests/tools/wan/direction.h"
#include "tests/tools/wan/tun.h"

namespace funnel::wan {
namespace {

constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr int kReadsATurn = 64;

Nanoseconds NowNs() { return Now().time_since_epoch().count(); }

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "wan: %s\n", what.c_str());
  std::exit(1);
}

void Configure(const std::string& argument, Direction& ab, Direction& ba) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos) Die("not KEY=VALUE: " + argument);
  std::string key = argument.substr(0, equals);
  std::vector<double> values;
  for (const char* at = argument.c_str() + equals; *at != '\0';) {
    char* end = nullptr;
    values.push_back(std::strtod(at + 1, &end));
    if (end == at + 1 || (*end != '\0' && *end != ',') || !(values.back() >= 0))
      Die("bad number: " + argument);
    at = end;
  }

  const bool only_ab = key.starts_with("ab."), only_ba = key.starts_with("ba.");
  if (only_ab || only_ba) key.erase(0, 3);
  if ((!only_ba && !ab.Set(key, values)) || (!only_ab && !ba.Set(key, values)))
    Die("unknown: " + argument);
}

UniqueFd SignalDescriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : {SIGUSR1, SIGTERM, SIGINT}) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return UniqueFd(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

void Drain(int fd, Direction& into, PacketPool& pool) {
  for (int i = 0; i < kReadsATurn; ++i) {
    PacketPtr packet = pool.Take();
    const ssize_t size = read(fd, packet->data.data(), packet->data.size());
    if (size <= 0) return pool.Give(std::move(packet));
    packet->size = static_cast<std::size_t>(size);
    into.Receive(std::move(packet), NowNs(), pool);
  }
}

void PrintAll(const Direction& ab, const Direction& ba) {
  ab.Print();
  ba.Print();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  std::fprintf(stderr, "cpu user=%.3fs system=%.3fs\n", seconds(used.ru_utime),
               seconds(used.ru_stime));
}

int Run(int a, int b, Direction& ab, Direction& ba) {
  const UniqueFd signals = SignalDescriptor();
  prctl(PR_SET_TIMERSLACK, 1);
  std::fprintf(stderr, "wan: ready\n");
  PacketPool pool;
  pollfd fds[] = {{a, POLLIN, 0}, {b, POLLIN, 0}, {signals.get(), POLLIN, 0}};

  for (;;) {
    const Nanoseconds due = std::min(ab.NextDue(), ba.NextDue());
    const Nanoseconds wait = std::clamp<Nanoseconds>(due - NowNs(), 0, kSecond);
    const timespec timeout{wait / kSecond, wait % kSecond};
    if (ppoll(fds, 3, &timeout, nullptr) < 0) Die("ppoll failed");
    if (fds[0].revents & POLLIN) Drain(a, ab, pool);
    if (fds[1].revents & POLLIN) Drain(b, ba, pool);
    ab.Release(b, NowNs(), pool);
    ba.Release(a, NowNs(), pool);
    signalfd_siginfo signal{};
    if (fds[2].revents && read(signals.get(), &signal, sizeof signal) == sizeof signal) {
      PrintAll(ab, ba);
      if (signal.ssi_signo != SIGUSR1) return 0;
    }
  }
}

int Main(int argc, char** argv) {
  std::uint64_t seed = 1;
  std::string ifname = "wan0";
  for (int option; (option = getopt(argc, argv, "s:i:")) != -1;) {
    if (option == 's') seed = std::strtoull(optarg, nullptr, 0);
    if (option == 'i') ifname = optarg;
    if (option == '?') return 2;
  }

  if (argc < optind + 2) Die("usage: wan [-s SEED] [-i IFNAME] NS-A NS-B [[ab.|ba.]KEY=VALUE]...");
  Direction ab("ab", seed), ba("ba", seed);
  for (int i = optind + 2; i < argc; ++i) Configure(argv[i], ab, ba);
  auto a = OpenTun(argv[optind], ifname);
  if (!a) Die(a.error().message);
  auto b = OpenTun(argv[optind + 1], ifname);
  if (!b) Die(b.error().message);
  return Run(a->get(), b->get(), ab, ba);
}

}  // namespace
}  // namespace funnel::wan

int main(int argc, char** argv) { return funnel::wan::Main(argc, argv); }
