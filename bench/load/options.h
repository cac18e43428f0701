// What rr's command line says; see rr.cc.
#pragma once

#include <cstddef>

#include "bench/load/exchange.h"
#include "bench/load/sockets.h"

namespace funnel::bench {

struct Options {
  Transport transport = Transport::kUdp;
  Exchange exchange = Exchange::kPlain;
  SocketAddress address;
  // Answering.
  double think_min_ms = 0, think_max_ms = 0;
  // Asking.
  double rate = 1000;
  double seconds = 10;
  double wait_seconds = 10;
  std::size_t request_bytes = 100;
  std::size_t answer_bytes = 200;
  std::size_t sockets = 1;
  bool fresh_ports = false;  // open loop, UDP: each request from a socket of its own
  std::size_t window = 1;    // unanswered requests a socket (closed loop)
};

// Answers until it is killed.
[[noreturn]] void Serve(const Options& options);
// Requests at a fixed rate, whatever comes back; prints one line of JSON. The exit status.
[[nodiscard]] int OpenLoop(const Options& options);
// Each socket keeps `window` requests unanswered; prints one line of JSON. UDP only.
[[nodiscard]] int ClosedLoop(const Options& options);

}  // namespace funnel::bench
