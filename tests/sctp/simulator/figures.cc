// Prints what the library achieves over simulated links: bulk rates and latencies of requests. It
// is no test; transfer_test.cc has what must be true.   sctp-figures [SECONDS]
#include <cstdio>
#include <cstdlib>

#include "tests/sctp/simulator/workloads.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

struct Case {
  const char* name;
  LinkSettings link;
};

LinkSettings Wan(double loss, std::size_t queue = 640 * 1024) {
  LinkSettings link;
  link.bits_per_second = 100e6;
  link.queue_bytes = queue;
  link.loss = loss;
  return link;
}

Simulation::Settings SettingsOf(const LinkSettings& link, CongestionLaw law, std::uint64_t seed) {
  auto settings = Simulation::Symmetric(link, seed);
  settings.a.association.congestion = settings.b.association.congestion = law;
  settings.a.association.first_window_bytes = settings.b.association.first_window_bytes = 8 << 20;
  settings.a.association.send_buffer_bytes = 8 << 20;
  if (link.delay > 50ms) {
    // On a long path more is on its way, and more waits for what was lost.
    for (auto* endpoint : {&settings.a, &settings.b}) {
      endpoint->association.first_window_bytes = 32 << 20;
      endpoint->association.send_buffer_bytes = 32 << 20;
      endpoint->association.max_outstanding_chunks = 32768;
    }
  }
  return settings;
}

void BulkFigure(const Case& test, CongestionLaw law, Duration span) {
  Simulation simulation(SettingsOf(test.link, law, 1));
  if (!simulation.Connect()) return;

  Bulk bulk(simulation);
  simulation.b.on_message = [&](StreamId, MutableByteView message) { bulk.OnMessage(message); };
  bulk.Start();
  simulation.Run(span);

  const Sender& sender = *simulation.a.association()->sender();
  const SenderCounters counters = sender.counters();
  std::printf(
      "bulk %-5s %-22s %6.2f MB/s  queue max %5.1f ms  again %5.2f %%  spurious %llu  "
      "undone %llu  probes %llu  timeouts %llu  window %zu  %s\n",
      law == CongestionLaw::kModel ? "model" : "reno", test.name,
      static_cast<double>(bulk.received_bytes()) / 1e6 /
          std::chrono::duration<double>(span).count(),
      std::chrono::duration<double, std::milli>(simulation.to_b.longest_queue).count(),
      100.0 * static_cast<double>(counters.retransmitted_chunks) /
          static_cast<double>(counters.chunks),
      static_cast<unsigned long long>(counters.spurious),
      static_cast<unsigned long long>(counters.undone),
      static_cast<unsigned long long>(counters.probes),
      static_cast<unsigned long long>(counters.timeouts), sender.flow().congestion->window_bytes(),
      sender.flow().congestion->state());
}

void RequestFigure(const Case& test, double per_second, Duration span, bool beside_bulk,
                   bool copies = false) {
  Simulation simulation(SettingsOf(test.link, CongestionLaw::kModel, 1));
  if (!simulation.Connect()) return;

  Requests requests(simulation, {.per_second = per_second, .copies = copies});
  Bulk bulk(simulation);
  simulation.a.endpoint->Configure(simulation.a.id, bulk.stream(), {7, 1});
  if (beside_bulk) bulk.Start();
  // The first ones find a window of ten packets; they are not counted.
  Requests earlier(simulation, {.per_second = per_second, .copies = copies});
  Requests* asked = &earlier;
  simulation.b.on_message = [&](StreamId stream, MutableByteView message) {
    if (stream == bulk.stream())
      bulk.OnMessage(message);
    else
      asked->OnRequest(message);
  };
  simulation.a.on_message = [&](StreamId, MutableByteView message) { asked->OnAnswer(message); };

  earlier.Start(static_cast<std::uint64_t>(2 * per_second));
  simulation.Run(4s);

  asked = &requests;
  requests.Start(
      static_cast<std::uint64_t>(per_second * std::chrono::duration<double>(span).count()));
  simulation.Run(span + 3s);

  std::printf(
      "requests %6.0f/s %-22s%s%s p50 %6.1f  p99 %6.1f  p99.9 %6.1f  max %6.1f ms  unanswered %llu "
      " "
      "refused %llu\n",
      per_second, test.name, beside_bulk ? " beside bulk" : "", copies ? " copies" : "",
      requests.Percentile(0.5), requests.Percentile(0.99), requests.Percentile(0.999),
      requests.Percentile(1), static_cast<unsigned long long>(requests.unanswered()),
      static_cast<unsigned long long>(requests.refused()));
}

LinkSettings Bursts() {
  LinkSettings link = Wan(0);
  link.to_bad = 0.002;
  link.to_good = 0.2;
  return link;
}

LinkSettings Reordering() {
  LinkSettings link = Wan(0);
  link.reordered = 0.02;
  link.reordered_by = 10ms;
  return link;
}

LinkSettings Policer() {
  LinkSettings link = Wan(0);
  link.policer_bits_per_second = 50e6;
  return link;
}

LinkSettings Long(double loss) {
  LinkSettings link = Wan(loss, 2 << 20);
  link.delay = 100ms;
  return link;
}

LinkSettings Slow() {
  LinkSettings link = Wan(0, 128 * 1024);
  link.bits_per_second = 10e6;
  link.delay = 10ms;
  return link;
}

}  // namespace
}  // namespace sctp::testing

int main(int argc, char** argv) {
  using namespace sctp;
  using namespace sctp::testing;
  const Duration span = std::chrono::seconds(argc > 1 ? std::atoi(argv[1]) : 10);
  const Case cases[] = {{"0 %", Wan(0)},
                        {"1 %", Wan(0.01)},
                        {"4 %", Wan(0.04)},
                        {"0 %, queue 128 KB", Wan(0, 128 * 1024)},
                        {"1 %, queue 128 KB", Wan(0.01, 128 * 1024)},
                        {"4 %, queue 128 KB", Wan(0.04, 128 * 1024)},
                        {"bursts of 5, 1 %", Bursts()},
                        {"2 % reordered 10 ms", Reordering()},
                        {"policer 50 Mbit/s", Policer()},
                        {"RTT 200 ms, 0 %", Long(0)},
                        {"RTT 200 ms, 1 %", Long(0.01)}};

  for (const Case& test : cases) BulkFigure(test, CongestionLaw::kModel, span);
  for (const Case& test : std::span(cases).first(3)) BulkFigure(test, CongestionLaw::kReno, span);

  for (const double rate : {100.0, 1000.0, 4000.0, 10000.0})
    for (const Case& test : std::span(cases).first(3)) RequestFigure(test, rate, span, false);
  RequestFigure(cases[10], 1000, span, false);

  for (const Case& test : {cases[2], cases[6]})
    for (const bool copies : {false, true}) RequestFigure(test, 1000, span, false, copies);
  RequestFigure({"10 Mbit/s, 20 ms", Slow()}, 100, span, true);
  return 0;
}
