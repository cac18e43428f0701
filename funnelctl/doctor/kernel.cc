// What the kernel and the processor offer.
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "common/base/crc32c.h"
#include "common/base/unique_fd.h"
#include "funnelctl/doctor/checks.h"

namespace funnel::ctl::doctor {
namespace {

constexpr int kCapNetRaw = 13;  // linux/capability.h

bool HasKernelSctp() { return access("/proc/sys/net/sctp", F_OK) == 0; }

// It only looks: a socket of that kind would load the module.
bool HasSctpModule() {
  utsname name{};
  uname(&name);
  std::string path = std::string("/lib/modules/") + name.release + "/kernel/net/sctp/sctp.ko";
  for (const char* suffix : {"", ".xz", ".zst", ".gz"})
    if (access((path + suffix).c_str(), F_OK) == 0) return true;
  return false;
}

std::int64_t ReadNumber(const char* path) {
  std::ifstream file(path);
  std::int64_t out = -1;
  file >> out;
  return out;
}

Finding CheckUdpSysctl(std::uint16_t port) {
  std::int64_t now = ReadNumber("/proc/sys/net/sctp/udp_port");
  if (now == port) return Ok("net.sctp.udp_port is " + std::to_string(port));
  return Wrong("net.sctp.udp_port is " + std::to_string(now) + ", not [sctp] udp-port",
               "sysctl -w net.sctp.udp_port=" + std::to_string(port));
}

// If this is on, the kernel takes the port that an engine in funnel-sctpd needs.
Finding CheckUdpSysctlIsOff(std::uint16_t port) {
  std::int64_t now = ReadNumber("/proc/sys/net/sctp/udp_port");
  if (now != port) return Ok("the kernel leaves UDP port " + std::to_string(port) + " to us");
  return Wrong("the kernel holds UDP port " + std::to_string(port) + " (net.sctp.udp_port)",
               "sysctl -w net.sctp.udp_port=0, or [sctp] engine = kernel");
}

bool HoldsCapability(std::int64_t pid, int capability) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("CapEff:"))
      return (std::strtoull(line.c_str() + 7, nullptr, 16) >> capability & 1) != 0;
  }
  return false;
}

// Our own SCTP needs a raw socket for direct SCTP.
Findings CheckRaw(const Context& context) {
  bool direct = std::ranges::any_of(context.configuration()->peers, [](const auto& peer) {
    return peer.carrier == config::Carrier::kDirect;
  });
  if (!direct || !context.view.sctpd.status) return {};
  if (HoldsCapability(context.view.sctpd.status->pid, kCapNetRaw))
    return {Ok("funnel-sctpd has CAP_NET_RAW for carrier = direct")};
  return {Wrong("carrier = direct needs CAP_NET_RAW, which funnel-sctpd does not have",
                "install the drop-in for raw sockets, or carrier = udp")};
}

bool Accepts(int option) {
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  int value = option == UDP_SEGMENT ? 1400 : 1;
  return socket && setsockopt(socket.get(), SOL_UDP, option, &value, sizeof value) == 0;
}

}  // namespace

Findings CheckKernelSctp(const Context& context) {
  const config::SctpConfig& sctp = context.configuration()->node.sctp;
  bool kernel_runs = context.view.sctpd.status && context.view.sctpd.status->engine == "kernel";
  if (sctp.engine == config::Engine::kKernel || kernel_runs) {
    if (!HasKernelSctp()) {
      return {Wrong("[sctp] engine = kernel, but the kernel has no SCTP now",
                    HasSctpModule() ? "modprobe sctp" : "[sctp] engine = auto")};
    }
    Findings out{Ok("the kernel has SCTP")};
    if (sctp.udp) out.push_back(CheckUdpSysctl(sctp.udp_port));
    return out;
  }

  Findings out = CheckRaw(context);
  if (HasKernelSctp() && sctp.udp) out.push_back(CheckUdpSysctlIsOff(sctp.udp_port));
  if (out.empty()) out.push_back(Ok("not needed: SCTP runs in funnel-sctpd"));
  return out;
}

Findings CheckCrc32c() {
  std::string method = internal::Crc32cMethod();
  if (method != "portable") return {Ok("by the processor (" + method + ")")};
  return {Warning("this processor has no instruction for it: more CPU for each byte",
                  "nothing, or another machine for fast links")};
}

Findings CheckUdpOffload() {
  std::string missing;
  if (!Accepts(UDP_SEGMENT)) missing = "GSO";
  if (!Accepts(UDP_GRO)) missing += missing.empty() ? "GRO" : " and GRO";
  if (missing.empty()) return {Ok("UDP GSO and GRO work")};
  return {
      Warning("no UDP " + missing + ": more system calls for each packet", "Linux 5.0 or later")};
}

}  // namespace funnel::ctl::doctor
