// funnel-tcpd SERVICE: carries one service's TCP connections (funnel-tcpd(8)).
#include "common/service/run_edge.h"
#include "funnel-tcpd/counters.h"
#include "funnel-tcpd/tcp_edge.h"

int main(int argc, char** argv) {
  return funnel::service::RunEdge({.name = "funnel-tcpd",
                                   .protocol = funnel::config::Protocol::kTcp,
                                   .counters = funnel::tcpd::kCounters,
                                   .has_modules = true,
                                   .make = funnel::tcpd::TcpEdge::Make},
                                  argc, argv);
}
