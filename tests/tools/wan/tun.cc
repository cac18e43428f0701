#include "tests/tools/wan/tun.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>

namespace funnel::wan {
namespace {

Result<UniqueFd> OpenHere(const std::string& ifname) {
  UniqueFd fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return FailErrno("/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  ifname.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(fd.get(), TUNSETIFF, &request) < 0) return FailErrno("TUN device " + ifname);
  return fd;
}

}  // namespace

Result<UniqueFd> OpenTun(const std::string& network_namespace, const std::string& ifname) {
  const UniqueFd home(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  const bool is_path = network_namespace.find('/') != std::string::npos;
  const std::string path = is_path ? network_namespace : "/run/netns/" + network_namespace;
  const UniqueFd there(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!there || setns(there.get(), CLONE_NEWNET) < 0)
    return FailErrno("network namespace " + network_namespace);
  auto tun = OpenHere(ifname);
  if (setns(home.get(), CLONE_NEWNET) < 0) return FailErrno("return to the own network namespace");
  return tun;
}

}  // namespace funnel::wan
