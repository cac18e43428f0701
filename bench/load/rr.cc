// rr: requests and responses over UDP or TCP, and what they took.
//
//   rr serve  udp|tcp ADDRESS PORT [-t MIN[:MAX]] [-s BYTES]
//   rr load   udp|tcp|dns ADDRESS PORT [-r RATE] [-d SECONDS] [-q BYTES] [-s BYTES] [-n SOCKETS]
//                                      [-w SECONDS] [-f]
//   rr closed udp|dns ADDRESS PORT [-d SECONDS] [-q BYTES] [-s BYTES] [-n SOCKETS] [-c WINDOW]
//
//   -t  time to think in ms, uniform; later requests overtake     -q, -s  bytes of requests (100)
//   -r  requests a second (1000)      -d  for how long (10)                and of answers (200)
//   -f  each request from a new port, as resolvers ask (UDP and dns)
//   -n  sockets, used in turn (1)     -w  wait at the end (10)    -c  unanswered at a time (1)
//
// load is an open loop: latency counts from the time a request was due. closed sends a new request
// for each answer. dns: queries for www.example.test over UDP. Over TCP a message is a two-byte
// length and a body; each connection is pipelined and answers come in any order. The outcome is one
// line of JSON.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "bench/load/options.h"

namespace funnel::bench {
namespace {

constexpr std::size_t kLeastBytes = 8;

int Usage() {
  std::fprintf(stderr, "usage: rr serve|load|closed udp|tcp|dns ADDRESS PORT [options]\n");
  return 2;
}

bool Parse(int argc, char** argv, Options& options) {
  optind = 5;
  for (int option; (option = getopt(argc, argv, "t:s:r:d:q:n:w:c:f")) != -1;) {
    const double number = optarg == nullptr ? 0 : std::atof(optarg);
    const auto count = static_cast<std::size_t>(number);
    switch (option) {
      case 't': {
        const char* colon = std::strchr(optarg, ':');
        options.think_min_ms = number;
        options.think_max_ms = colon != nullptr ? std::atof(colon + 1) : number;
        break;
      }
      case 's':
        options.answer_bytes = std::max(kLeastBytes, count);
        break;
      case 'q':
        options.request_bytes = std::max(kLeastBytes, count);
        break;
      case 'n':
        options.sockets = std::max<std::size_t>(1, count);
        break;
      case 'c':
        options.window = std::max<std::size_t>(1, count);
        break;
      case 'r':
        options.rate = number;
        break;
      case 'd':
        options.seconds = number;
        break;
      case 'f':
        options.fresh_ports = true;
        break;
      case 'w':
        options.wait_seconds = number;
        break;
      default:
        return false;
    }
  }

  return optind == argc && !(options.fresh_ports && options.transport == Transport::kTcp);
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Main(int argc, char** argv) {
  if (argc < 5) return Usage();
  const std::string_view mode = argv[1], transport = argv[2];
  Options options;

  if (transport != "udp" && transport != "tcp" && transport != "dns") return Usage();
  if (transport == "dns") options.exchange = Exchange::kDns;
  options.transport = transport == "tcp" ? Transport::kTcp : Transport::kUdp;
  options.address = ParseAddress(argv[3], argv[4]);
  if (!Parse(argc, argv, options)) return Usage();

  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  RaiseDescriptorLimit();

  if (mode == "serve") Serve(options);
  if (mode == "load") return OpenLoop(options);
  if (mode == "closed") return ClosedLoop(options);
  return Usage();
}

}  // namespace
}  // namespace funnel::bench

int main(int argc, char** argv) { return funnel::bench::Main(argc, argv); }
