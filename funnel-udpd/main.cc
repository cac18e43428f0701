// funnel-udpd SERVICE: carries one service's UDP datagrams (funnel-udpd(8)).
#include "common/service/run_edge.h"
#include "funnel-udpd/counters.h"
#include "funnel-udpd/udp_edge.h"

int main(int argc, char** argv) {
  return funnel::service::RunEdge({.name = "funnel-udpd",
                                   .protocol = funnel::config::Protocol::kUdp,
                                   .counters = funnel::udpd::kCounters,
                                   .has_modules = true,
                                   .make = funnel::udpd::UdpEdge::Make},
                                  argc, argv);
}
