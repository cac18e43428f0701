#include "funnel-sctpd/engine/userland/usrsctp_stack.h"

#include <usrsctp.h>

#include <algorithm>
#include <set>
#include <vector>

namespace funnel::sctp::stack {
namespace {

// A process that was stopped for a minute must not find all its timers due before it has read what
// waits.
constexpr std::chrono::milliseconds kLongestStep{500};
// The 4,096 TSNs that libusrsctp's receiver accepts beyond the last in order; a sender with more
// queued would see them thrown away.
constexpr std::uint32_t kMaxChunksOnQueue = 4000;

struct State {
  bool started = false;
  // Whose peers have address i + 1; null: free. Addresses are registered once and used again.
  std::vector<Output*> outputs;
  std::set<std::uint16_t> ports;
  TimePoint clock{};
  bool in_timers = false;
};

State& state() {
  static State* const instance = new State;  // outlives every static engine
  return *instance;
}

int OnOutput(void* address, void* buffer, std::size_t length, std::uint8_t /*tos*/,
             std::uint8_t /*set_df*/) {
  std::size_t index = reinterpret_cast<std::uintptr_t>(address) - 1;
  if (index < state().outputs.size() && state().outputs[index] != nullptr)
    state().outputs[index]->OnStackOutput(
        ByteView(static_cast<const std::uint8_t*>(buffer), length));
  return 0;
}

// What we do not use is off: each is code that a stranger could otherwise reach.
void TurnOffExtensions() {
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auto_asconf(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_reconfig_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_mobility_base(0);
  usrsctp_sysctl_set_sctp_mobility_fasthandoff(0);
  // The input stage answers what belongs to no association; the stack stays silent.
  usrsctp_sysctl_set_sctp_blackhole(2);
}

void Start() {
  State& s = state();
  if (s.started) return;
  s.started = true;
  s.clock = Now();
  usrsctp_init_nothreads(0, OnOutput, nullptr);
  // It checks no checksum then and computes none: input and output stage do.
  usrsctp_enable_crc32c_offload();
  TurnOffExtensions();
  usrsctp_sysctl_set_sctp_pr_enable(1);
  usrsctp_sysctl_set_sctp_max_chunks_on_queue(kMaxChunksOnQueue);
  // Its default ends an association when one chunk has been sent 30 times, which a full queue on
  // the way does in seconds.
  usrsctp_sysctl_set_sctp_max_retran_chunk(0);
  usrsctp_sysctl_set_sctp_max_burst_default(0);
  usrsctp_sysctl_set_sctp_fr_max_burst_default(0);
  usrsctp_sysctl_set_sctp_use_cwnd_based_maxburst(0);
}

}  // namespace

void* Attach(Output* output) {
  Start();
  auto& outputs = state().outputs;
  auto slot = std::find(outputs.begin(), outputs.end(), nullptr);
  std::uintptr_t address = static_cast<std::uintptr_t>(slot - outputs.begin()) + 1;
  if (slot == outputs.end()) {
    outputs.push_back(output);
    usrsctp_register_address(reinterpret_cast<void*>(address));
  } else {
    *slot = output;
  }
  return reinterpret_cast<void*>(address);
}

void Detach(void* address) {
  state().outputs[reinterpret_cast<std::uintptr_t>(address) - 1] = nullptr;
}

std::uint16_t ReservePort(std::uint16_t wanted) {
  State& s = state();
  std::uint16_t port = wanted;
  while (port == 0 || !s.ports.insert(port).second) ++port;
  return port;
}

void ReleasePort(std::uint16_t port) { state().ports.erase(port); }

void CatchUp(TimePoint now) {
  State& s = state();
  if (s.in_timers) return;
  auto behind =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - s.clock) / kTick * kTick;
  if (behind <= std::chrono::milliseconds::zero()) return;
  if (behind > kLongestStep) {
    s.clock = now - kLongestStep;
    behind = kLongestStep;
  }
  s.clock += behind;
  s.in_timers = true;
  usrsctp_handle_timers(static_cast<std::uint32_t>(behind.count()));
  s.in_timers = false;
}

}  // namespace funnel::sctp::stack
