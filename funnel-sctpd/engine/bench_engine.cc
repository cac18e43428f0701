// What an engine costs: CPU per message, both ends together, and messages a second, over
// UDP.
//
//   bench-engine [-m MESSAGES] [-b BATCH] [--one-way BYTES]... [ADDRESS-A ADDRESS-B]
//
// It measures the engine on SCTP of our own.
//
// One process holds both ends and turns them in one thread, so that its CPU time is exactly what
// one message costs to send and to receive. Default addresses 127.0.0.1, default sizes 100, 1024,
// 1432, 16384.
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "funnel-sctpd/engine/own/own_engine.h"
#include "funnel-sctpd/engine/packet/sockets.h"

namespace funnel::sctp {
namespace {

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](timeval t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Peer : EngineObserver {
  void OnUp(AssociationId id, const UpInfo&) override { association = id, up = true; }
  void OnDown(AssociationId, DownReason reason, std::string_view text) override {
    std::fprintf(stderr, "down: %s: %.*s\n", std::string(Name(reason)).c_str(),
                 static_cast<int>(text.size()), text.data());
    std::exit(1);
  }
  void OnMessage(AssociationId, StreamId, std::uint32_t, MutableByteView) override { ++messages; }
  void OnWritable(AssociationId) override { writable = true; }
  void OnMoved(AssociationId, const PeerPath&) override {}

  std::unique_ptr<Engine> engine;
  AssociationId association;
  bool up = false, writable = true;
  std::size_t messages = 0;
};

class Bench {
 public:
  Bench(const std::string& host_a, const std::string& host_b) {
    Start(a_, host_a, 19899);
    Start(b_, host_b, 29899);
    auto id = a_.engine->Connect({{*TransportAddress::Parse(host_b, 29899)}});
    if (!id) Die(id.error().message);
    while (!a_.up || !b_.up) Turn(/*wait=*/true);
    // As the daemon does when it knows whose association it is.
    for (Peer* peer : {&a_, &b_}) peer->engine->Trust(peer->association);
    std::printf("%s, largest unfragmented message: %zu\n", std::string(a_.engine->name()).c_str(),
                a_.engine->MaxUnfragmented(a_.association));
  }

  void OneWay(std::size_t count, std::size_t size, std::size_t batch) {
    Bytes message(size, 'x');
    EngineCounters before = a_.engine->counters();
    double cpu = CpuSeconds();
    TimePoint begin = Now();
    std::size_t target = b_.messages + count, sent = 0;

    while (b_.messages < target) {
      for (std::size_t i = 0; i < batch && sent < count && a_.writable; ++i) {
        if (a_.engine->Send(a_.association, StreamId(1), message, {.unordered = true}) ==
            SendStatus::kSent)
          ++sent;
        else
          a_.writable = false;
      }
      Turn(/*wait=*/sent == count || !a_.writable);
    }

    double seconds = std::chrono::duration<double>(Now() - begin).count();
    cpu = CpuSeconds() - cpu;
    EngineCounters after = a_.engine->counters();
    double n = static_cast<double>(count);

    std::printf(
        "%6zu B: %7.2f us CPU a message, %8.0f messages/s, %7.1f MB/s, %.2f packets a message, "
        "resent %llu, full %llu\n",
        size, cpu / n * 1e6, n / seconds, n * static_cast<double>(size) / seconds / 1e6,
        static_cast<double>(after.packets_out - before.packets_out) / n,
        static_cast<unsigned long long>(after.retransmitted_chunks - before.retransmitted_chunks),
        static_cast<unsigned long long>(after.sends_full - before.sends_full));
  }

 private:
  [[noreturn]] static void Die(const std::string& what) {
    std::fprintf(stderr, "bench-engine: %s\n", what.c_str());
    std::exit(1);
  }
  static void Start(Peer& peer, const std::string& host, std::uint16_t port) {
    auto address = TransportAddress::Parse(host, port);
    if (!address) Die("not an address: " + host);
    auto fd = BindUdpSocket(*address);
    if (!fd) Die(fd.error().message);
    std::vector<UniqueFd> sockets;
    sockets.push_back(std::move(*fd));
    auto engine = MakeOwnEngine({}, std::move(sockets), peer);
    if (!engine) Die(engine.error().message);
    peer.engine = std::move(*engine);
  }
  void Turn(bool wait) {
    pollfd polls[2];
    TimePoint next = Now() + std::chrono::seconds(1);
    int i = 0;

    for (Peer* peer : {&a_, &b_}) {
      polls[i++] = {peer->engine->fds()[0], POLLIN, 0};
      next = std::min(next, peer->engine->NextTimer());
      peer->engine->Flush();
    }

    auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Now()).count();
    poll(polls, 2, wait ? static_cast<int>(std::max<long>(0, left)) : 0);

    i = 0;
    for (Peer* peer : {&a_, &b_}) {
      if (polls[i++].revents & POLLIN) peer->engine->OnReadable();
      if (Now() >= peer->engine->NextTimer()) peer->engine->OnTimer();
      peer->engine->Flush();
    }
  }

  Peer a_, b_;
};

}  // namespace
}  // namespace funnel::sctp

int main(int argc, char** argv) {
  std::size_t messages = 200'000, batch = 64;
  std::vector<std::size_t> sizes;
  std::vector<std::string> hosts;

  for (int i = 1; i < argc; ++i) {
    bool more = i + 1 < argc;
    if (std::strcmp(argv[i], "-m") == 0 && more)
      messages = std::strtoull(argv[++i], nullptr, 10);
    else if (std::strcmp(argv[i], "-b") == 0 && more)
      batch = std::strtoull(argv[++i], nullptr, 10);
    else if (std::strcmp(argv[i], "--one-way") == 0 && more)
      sizes.push_back(std::strtoull(argv[++i], nullptr, 10));
    else
      hosts.emplace_back(argv[i]);
  }

  if (sizes.empty()) sizes = {100, 1024, 1432, 16384};
  hosts.resize(2, hosts.empty() ? "127.0.0.1" : hosts[0]);
  funnel::sctp::Bench bench(hosts[0], hosts[1]);
  for (std::size_t size : sizes) bench.OneWay(size > 4096 ? messages / 8 : messages, size, batch);
}
