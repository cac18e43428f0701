#include "tests/lab/engines/engine_lab.h"

#include <poll.h>

#include <algorithm>
#include <map>
#include <utility>

#include "funnel-sctpd/engine/kernel/kernel_engine.h"
#include "funnel-sctpd/engine/kernel/kernel_probe.h"
#include "funnel-sctpd/engine/own/own_engine.h"
#include "funnel-sctpd/engine/packet/sockets.h"

namespace funnel::sctp::test {
namespace {

// ABORTs of the kernel's own, which belong to no process (sockets.h).
constexpr char kDropKernelAborts[] =
    "-A OUTPUT -p sctp --chunk-types any ABORT -m owner ! --uid-owner 0-4294967294 -j DROP";

// The kernel would answer ABORT to what comes for SCTP in our process straight over IP.
void KeepKernelSilent(Host host, bool silent) {
  static std::map<Host, bool> now;
  if (std::exchange(now[host], silent) == silent) return;
  for (const char* program : {"iptables", "ip6tables"})
    EXPECT_TRUE(TwoHosts::Run(
        host, std::string(program) + " -w " + (silent ? kDropKernelAborts : "-F OUTPUT")));
}

std::string NameOf(Kind kind) {
  switch (kind) {
    case Kind::kKernel:
      return "Kernel";
    case Kind::kOwn:
      return "Own";
  }
  return "";
}

}  // namespace

std::string Name(const Pairing& pairing) {
  return NameOf(pairing.a) + NameOf(pairing.b) +
         (pairing.carrier == Carrier::kUdp ? "Udp" : "Direct");
}

std::vector<Pairing> AllPairings() {
  std::vector<Pairing> out;
  for (Kind a : {Kind::kKernel, Kind::kOwn})
    for (Kind b : {Kind::kKernel, Kind::kOwn})
      for (Carrier carrier : {Carrier::kUdp, Carrier::kDirect}) out.push_back({a, b, carrier});
  return out;
}

Result<AssociationId> LabEnd::Connect(const Target& target) {
  TwoHosts::On on(host);
  return engine->Connect(target);
}

SendStatus LabEnd::Send(ByteView message, unsigned stream, SendOptions options) {
  TwoHosts::On on(host);
  return engine->Send(current(), StreamId(static_cast<std::uint16_t>(stream)), message, options);
}

void LabEnd::Shutdown() {
  TwoHosts::On on(host);
  engine->Shutdown(current());
}

void LabEnd::Abort(std::string_view reason) {
  TwoHosts::On on(host);
  engine->Abort(current(), reason);
}

void LabEnd::Stop() {
  TwoHosts::On on(host);
  engine.reset();
}

void EngineLab::SetUp() {
  TwoHosts::Make();
  a.emplace(Host::kA, GetParam().a);
  b.emplace(Host::kB, GetParam().b);
}

void EngineLab::TearDown() {
  for (LabEnd* end : {&*a, &*b}) end->Stop();
  TwoHosts::Heal("lan");
  TwoHosts::Heal("alt");
}

Settings EngineLab::Quick() {
  Settings s;
  s.rto_initial = milliseconds(200);
  s.rto_max = milliseconds(400);
  s.heartbeat = milliseconds(200);
  s.dead_peer_timeout = milliseconds(1500);
  return s;
}

Result<std::unique_ptr<Engine>> EngineLab::Make(LabEnd& end, const Settings& settings,
                                                Addresses addresses) {
  TwoHosts::On on(end.host);
  bool kernel = end.kind == Kind::kKernel, direct = GetParam().carrier == Carrier::kDirect;

  if (ProbeKernel().sctp) {
    // Whether the kernel or our process has UDP port 9899 of this host.
    TwoHosts::WriteSysctl(end.host, "udp_port", kernel ? kDefaultUdpPort : 0);
    TwoHosts::WriteSysctl(end.host, "intl_enable", 1);
    KeepKernelSilent(end.host, !kernel && direct);
  }

  if (kernel) {
    KernelOptions options;
    options.local = {TwoHosts::Address(end.host, 0, addresses == Addresses::kIpv6)};
    if (addresses == Addresses::kBothLinks)
      options.local.push_back(TwoHosts::OtherAddress(end.host, 0));
    return MakeKernelEngine(settings, std::move(options), end);
  }

  std::vector<UniqueFd> sockets;
  sockets.push_back(TRY(BindUdpSocket(kDefaultUdpPort)));
  if (direct) {
    for (UniqueFd& fd : TRY(OpenDirectSockets())) sockets.push_back(std::move(fd));
  }
  return MakeOwnEngine(settings, std::move(sockets), end);
}

void EngineLab::Start(LabEnd& end, const Settings& settings, Addresses addresses) {
  if (end.kind == Kind::kKernel) {
    KernelSupport support = ProbeKernel();
    if (!support.sctp) GTEST_SKIP() << support.why_no_sctp;
  }
  auto made = Make(end, settings, addresses);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  end.engine = std::move(*made);
}

Target EngineLab::TargetOf(const LabEnd& end, bool ipv6) const {
  bool udp = GetParam().carrier == Carrier::kUdp;
  return {{TwoHosts::Address(end.host, udp ? kDefaultUdpPort : 0, ipv6)},
          GetParam().carrier,
          kDefaultSctpPort};
}

void EngineLab::Associate(const Settings& settings, Addresses addresses) {
  for (LabEnd* end : {&*a, &*b}) {
    Start(*end, settings, addresses);
    if (IsSkipped() || HasFatalFailure()) return;
  }
  auto id = a->Connect(TargetOf(*b, addresses == Addresses::kIpv6));
  ASSERT_TRUE(id.has_value()) << id.error().message;
  ASSERT_TRUE(Run([&] { return a->ups.size() == 1 && b->ups.size() == 1; }))
      << a->ups.size() << " and " << b->ups.size() << " up"
      << (a->downs.empty() ? "" : ", " + a->downs[0].text);
  ASSERT_EQ(a->current(), *id);
  for (LabEnd* end : {&*a, &*b}) {
    TwoHosts::On on(end->host);
    end->engine->Trust(end->current());  // as the daemon does when it knows who the peer is
  }
}

bool EngineLab::Run(const std::function<bool()>& done, milliseconds patience) {
  TimePoint deadline = Now() + patience;
  while (!done()) {
    if (Now() > deadline) return false;
    for (LabEnd* end : {&*a, &*b})
      if (end->engine) Turn(*end);
    if (!done()) Wait(std::min(deadline, Now() + longest_wait));
  }
  return true;
}

void EngineLab::RunFor(milliseconds time) {
  TimePoint until = Now() + time;
  EXPECT_TRUE(Run([&] { return Now() >= until; }, time + milliseconds(1000)));
}

bool EngineLab::SendSoon(LabEnd& end, ByteView message, unsigned stream) {
  bool sent = false;  // the condition may be asked more than once
  return Run([&] { return sent = sent || end.Send(message, stream) == SendStatus::kSent; });
}

void EngineLab::Turn(LabEnd& end) {
  TwoHosts::On on(end.host);
  for (int fd : end.engine->fds()) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, 0) > 0) {
      end.engine->OnReadable();
      break;
    }
  }
  if (Now() >= end.engine->NextTimer()) end.engine->OnTimer();
  end.engine->Flush();
}

void EngineLab::Wait(TimePoint until) {
  std::vector<pollfd> polls;
  for (LabEnd* end : {&*a, &*b}) {
    if (!end->engine) continue;
    until = std::min(until, end->engine->NextTimer());
    for (int fd : end->engine->fds())
      polls.push_back(
          {fd, static_cast<short>(POLLIN | (end->engine->wants_writable(fd) ? POLLOUT : 0)), 0});
  }
  auto left = std::chrono::ceil<milliseconds>(until - Now()).count();
  if (left > 0) ::poll(polls.data(), polls.size(), static_cast<int>(left));
}

}  // namespace funnel::sctp::test
