#include "tests/lab/engines/two_hosts.h"

#include <fcntl.h>
#include <net/if_arp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace funnel::sctp::test {
namespace {

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// A process that does nothing but hold a network namespace, until we end.
pid_t Keeper() {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) Die("pipe");
  pid_t pid = ::fork();
  if (pid < 0) Die("fork");

  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::unshare(CLONE_NEWNET) != 0) Die("network namespace (needs root)");
    if (::write(ready[1], "x", 1) != 1) Die("pipe");
    for (;;) ::pause();
  }

  ::close(ready[1]);
  char byte;
  if (::read(ready[0], &byte, 1) != 1) std::exit(1);  // the child has said why
  ::close(ready[0]);
  return pid;
}

int OpenNamespace(pid_t pid) {
  int fd = ::open(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) Die("network namespace");
  return fd;
}

void MustRun(Host host, const std::string& command) {
  if (TwoHosts::Run(host, command)) return;
  std::fprintf(stderr, "failed: %s\n", command.c_str());
  std::exit(1);
}

// Packets that are to be lost are sent to this link address, which nobody has.
constexpr unsigned char kNobody[6] = {2, 0, 0, 0, 0x66, 0x66};
bool g_cut[2] = {false, false};  // lan, alt

// Sets (or clears) on HOST the link address of the other one, IPv4 only.
void SetNeighbour(Host host, const char* link, bool nobody) {
  TwoHosts::On on(host);
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

  bool lan = std::string(link) == "lan";
  auto address =
      lan ? TwoHosts::Address(Opposite(host), 0) : TwoHosts::OtherAddress(Opposite(host), 0);
  sockaddr_storage raw;
  socklen_t length = address.ToSockaddr(raw);

  arpreq request{};
  std::memcpy(&request.arp_pa, &raw, length);
  request.arp_ha.sa_family = ARPHRD_ETHER;
  std::memcpy(request.arp_ha.sa_data, kNobody, sizeof kNobody);
  request.arp_flags = ATF_PERM | ATF_COM;
  std::strcpy(request.arp_dev, link);
  // Without the entry the kernel asks again.
  if (::ioctl(fd.get(), nobody ? SIOCSARP : SIOCDARP, &request) != 0) Die("neighbour");
}

void SetCut(const char* link, bool cut) {
  bool& now = g_cut[std::string(link) == "lan" ? 0 : 1];
  if (now == cut) return;
  now = cut;
  for (Host host : {Host::kA, Host::kB}) SetNeighbour(host, link, cut);
}

// Open namespaces of both hosts.
int g_namespaces[2] = {-1, -1};

}  // namespace

void TwoHosts::Make() {
  static bool made = false;
  if (std::exchange(made, true)) return;

  pid_t a = Keeper(), b = Keeper();
  g_namespaces[0] = OpenNamespace(a);
  g_namespaces[1] = OpenNamespace(b);

  for (std::string link : {"lan", "alt"}) {
    MustRun(Host::kA,
            "ip link add " + link + " type veth peer name " + link + " netns " + std::to_string(b));
    std::string net = link == "lan" ? "78" : "79";
    for (auto [host, digit] : {std::pair(Host::kA, "1"), std::pair(Host::kB, "2")}) {
      MustRun(host, "ip addr add 10." + net + ".0." + digit + "/24 dev " + link);
      MustRun(host, "ip addr add fd" + net + "::" + digit + "/64 dev " + link + " nodad");
      MustRun(host, "ip link set " + link + " up; ip link set lo up");
      // Between two namespaces checksums are left to the receiver's kernel otherwise, which a raw
      // socket sees unfilled, and trains of segments travel, and are lost, as one packet. (Not
      // every kernel has all of these switches.)
      for (const char* feature :
           {"tx-checksum-sctp", "tx-sctp-segmentation", "tx-udp-segmentation"})
        (void)Run(host, "ethtool -K " + link + " " + feature + " off >/dev/null 2>&1");
      // Linux 6.1 loses trains of SCTP in UDP when it has to cut them itself.
      MustRun(host, "ip link set " + link + " gso_max_size 1492");
    }
  }
}

TwoHosts::On::On(Host host) : before_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  if (::setns(g_namespaces[host == Host::kA ? 0 : 1], CLONE_NEWNET) != 0) Die("setns");
}

TwoHosts::On::~On() {
  if (::setns(before_.get(), CLONE_NEWNET) != 0) Die("setns");
}

TransportAddress TwoHosts::Address(Host host, std::uint16_t port, bool ipv6) {
  std::string text = ipv6 ? "fd78::" : "10.78.0.";
  auto address = *TransportAddress::Parse(text + (host == Host::kA ? "1" : "2"), 1);
  return address.WithPort(port);
}

TransportAddress TwoHosts::OtherAddress(Host host, std::uint16_t port) {
  auto address = *TransportAddress::Parse(host == Host::kA ? "10.79.0.1" : "10.79.0.2", 1);
  return address.WithPort(port);
}

bool TwoHosts::Run(Host host, const std::string& command) {
  On on(host);
  return std::system(command.c_str()) == 0;
}

void TwoHosts::WriteSysctl(Host host, const char* name, unsigned value) {
  On on(host);
  UniqueFd fd(::open((std::string("/proc/sys/net/sctp/") + name).c_str(), O_WRONLY | O_CLOEXEC));
  std::string text = std::to_string(value);
  if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) Die(name);
}

void TwoHosts::Cut(const char* link) { SetCut(link, true); }
void TwoHosts::Heal(const char* link) { SetCut(link, false); }

void TwoHosts::Lose(double share) {
  for (Host host : {Host::kA, Host::kB})
    MustRun(host, "iptables -w -A INPUT -m statistic --mode random --probability " +
                      std::to_string(share) + " -j DROP");
}

void TwoHosts::LoseNothing() {
  for (Host host : {Host::kA, Host::kB}) MustRun(host, "iptables -w -F INPUT");
}

}  // namespace funnel::sctp::test
