#include "tests/sctp/simulator/shared_path.h"

#include <gtest/gtest.h>

namespace sctp::testing {
namespace {

Simulation::Settings SettingsOf(const LinkSettings& link, std::uint64_t seed) {
  auto settings = Simulation::Symmetric(link, seed);
  for (auto* endpoint : {&settings.a, &settings.b}) {
    endpoint->association.first_window_bytes = 8 << 20;
    endpoint->association.send_buffer_bytes = 8 << 20;
  }
  return settings;
}

}  // namespace

SharedPath::SharedPath(const LinkSettings& link, std::uint64_t seed)
    : simulation_(SettingsOf(link, seed)) {
  simulation_.a.on_writable = [this] { Refill(); };
  simulation_.b.on_message = [this](StreamId stream, MutableByteView message) {
    for (Flow& flow : flows_)
      if (!flow.tcp && flow.stream == stream) flow.bytes += message.size();
  };
}

void SharedPath::AddOwn() {
  const auto number = static_cast<std::uint16_t>(flows_.size());
  const std::uint64_t ups = simulation_.a.ups;
  const auto id = simulation_.a.endpoint->Connect(
      simulation_.b.address, 5002, static_cast<std::uint16_t>(6000 + number), simulation_.now);
  ASSERT_TRUE(id);
  simulation_.Pump();
  ASSERT_TRUE(
      simulation_.RunUntil([&] { return simulation_.a.ups == ups + 1; }, std::chrono::seconds(10)));
  flows_.push_back({*id, StreamId(number), 0, nullptr});
  Refill();
  simulation_.Pump();
}

void SharedPath::AddTcp(std::unique_ptr<TcpLaw> law) {
  flows_.push_back({{}, {}, 0, std::make_unique<TcpFlow>(simulation_, std::move(law))});
  flows_.back().tcp->Start();
}

void SharedPath::Refill() {
  static const Bytes kMessage(16 * 1024);
  for (const Flow& flow : flows_)
    while (!flow.tcp && simulation_.a.endpoint->Send(flow.own, flow.stream, kMessage, {},
                                                     simulation_.now) == SendStatus::kSent) {
    }
}

std::vector<double> SharedPath::Rates(Duration span) {
  std::vector<double> rates;
  for (const Flow& flow : flows_) rates.push_back(-static_cast<double>(flow.received_bytes()));
  simulation_.Run(span);
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    rates[i] += static_cast<double>(flows_[i].received_bytes());
    rates[i] /= 1e6 * std::chrono::duration<double>(span).count();
  }
  return rates;
}

double SharedPath::Retransmitted() const {
  double again = 0, all = 0;
  for (const Flow& flow : flows_) {
    if (flow.tcp) continue;
    const SenderCounters sent = simulation_.a.endpoint->Find(flow.own)->sender()->counters();
    again += static_cast<double>(sent.retransmitted_chunks);
    all += static_cast<double>(sent.chunks);
  }
  return all > 0 ? again / all : 0;
}

}  // namespace sctp::testing
