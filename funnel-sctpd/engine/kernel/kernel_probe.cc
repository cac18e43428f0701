#include "funnel-sctpd/engine/kernel/kernel_probe.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <optional>

#include "common/base/unique_fd.h"

namespace funnel::sctp {
namespace {

constexpr char kSysctls[] = "/proc/sys/net/sctp/";

// nullopt: it cannot be read, or is no number.
std::optional<unsigned> ReadSysctl(const char* name) {
  UniqueFd fd(::open((std::string(kSysctls) + name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  char text[16];
  ssize_t got = ::read(fd.get(), text, sizeof text);
  if (got <= 0) return std::nullopt;
  unsigned value = 0;
  auto [end, error] = std::from_chars(text, text + got, value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

UniqueFd AnySocket() {
  UniqueFd fd(::socket(AF_INET6, SOCK_SEQPACKET | SOCK_CLOEXEC, IPPROTO_SCTP));
  if (!fd) fd.reset(::socket(AF_INET, SOCK_SEQPACKET | SOCK_CLOEXEC, IPPROTO_SCTP));
  return fd;
}

}  // namespace

KernelSupport ProbeKernel() {
  KernelSupport out;
  UniqueFd fd = AnySocket();
  if (!fd) {
    out.why_no_sctp = "the kernel has no SCTP (" + std::string(std::strerror(errno)) +
                      "); where it is a module: modprobe sctp";
    out.why_no_interleaving = out.why_no_udp = out.why_no_sctp;
    return out;
  }

  out.sctp = true;
  out.interleaving = ReadSysctl("intl_enable").value_or(0) != 0;
  if (!out.interleaving)
    out.why_no_interleaving =
        "the kernel's SCTP does no message interleaving; sysctl net.sctp.intl_enable=1";

  auto port = ReadSysctl("udp_port");
  out.udp_port = static_cast<std::uint16_t>(port.value_or(0));
  if (!port)
    out.why_no_udp = "the kernel has no SCTP in UDP (Linux has it since 5.11), or " +
                     std::string(kSysctls) + " cannot be read";
  else if (*port == 0)
    out.why_no_udp =
        "the kernel's SCTP in UDP is off; sysctl net.sctp.udp_port=9899, before funnel-sctpd "
        "starts";
  return out;
}

bool KernelAnswersSctp() { return ReadSysctl("udp_port") || ReadSysctl("rto_min"); }

}  // namespace funnel::sctp
