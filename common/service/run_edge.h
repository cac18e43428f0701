// main() of an edge: command line, configuration, sockets, counters, signals; then the loop.
//
//   int main(int argc, char** argv) {
//     return service::RunEdge({.name = "funnel-udpd", .protocol = config::Protocol::kUdp,
//                              .counters = kCounterTable, .make = MakeUdpEdge}, argc, argv);
//   }
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/config/model.h"
#include "common/event/listen_fds.h"
#include "common/event/loop.h"
#include "common/metrics/counters.h"
#include "common/service/application.h"

namespace funnel::service {

// What an application is made from. All of it outlives the application, except `sockets`.
struct EdgeEnvironment {
  event::Loop& loop;
  const config::ServiceConfig& service;  // as it was at the start; OnReload brings newer ones
  const config::Configuration& configuration;
  // All sockets passed as `listen`; the application takes them. A service with [connect] has none.
  event::ListenFds& sockets;
  // The application's own counter INDEX is counters[kCommonCounters + INDEX].
  metrics::CounterFile& counters;
  std::string module_folder = {};  // --modules; empty: the folder of the package
  std::string run_dir = {};        // where Unix sockets are
};

struct EdgeProgram {
  std::string_view name;  // "funnel-udpd"
  config::Protocol protocol = config::Protocol::kUdp;
  std::span<const metrics::CounterDef> counters;
  bool has_modules = false;  // it loads protocol modules
  std::function<Result<std::unique_ptr<Application>>(EdgeEnvironment&)> make;
};

// Returns the exit status: 0 after SIGTERM and idle-exit, 1 if configuration or sockets are wrong.
[[nodiscard]] int RunEdge(const EdgeProgram& program, int argc, const char* const* argv);

}  // namespace funnel::service
