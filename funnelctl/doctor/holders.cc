#include "funnelctl/doctor/holders.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "common/base/text.h"

namespace funnel::ctl::doctor {
namespace {

constexpr int kTcpListen = 0x0A;  // state in /proc/net/tcp
constexpr std::size_t kWordDigits = 8;

// "0100007F:0035": 32-bit words in the processor's byte order, the port as a number.
std::optional<SocketAddress> ParseAddress(const std::string& text) {
  std::size_t colon = text.find(':');
  if (colon != kWordDigits && colon != 4 * kWordDigits) return std::nullopt;
  std::uint32_t words[4];
  for (std::size_t i = 0; i < colon / kWordDigits; ++i) {
    char* end = nullptr;
    std::string digits = text.substr(i * kWordDigits, kWordDigits);
    words[i] = static_cast<std::uint32_t>(std::strtoul(digits.c_str(), &end, 16));
    if (*end != '\0') return std::nullopt;
  }

  auto port = static_cast<std::uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 16));
  char literal[INET6_ADDRSTRLEN];
  int family = colon == kWordDigits ? AF_INET : AF_INET6;
  if (inet_ntop(family, words, literal, sizeof literal) == nullptr) return std::nullopt;
  return SocketAddress::FromLiteral(literal, port);
}

std::vector<std::string> ListFolder(const std::string& path) {
  std::vector<std::string> out;
  std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (!folder) return out;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') out.emplace_back(entry->d_name);
  }
  return out;
}

std::string CommandOf(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/comm");
  std::string line;
  std::getline(file, line);
  return EscapeForLog(line);
}

// The inode of the socket to which a link of /proc/PID/fd leads; 0: it is no socket.
std::uint64_t SocketInode(const std::string& path) {
  char target[64];
  ssize_t size = readlink(path.c_str(), target, sizeof target - 1);
  if (size <= 0) return 0;
  target[size] = '\0';
  constexpr char kPrefix[] = "socket:[";
  if (std::strncmp(target, kPrefix, sizeof kPrefix - 1) != 0) return 0;
  return std::strtoull(target + sizeof kPrefix - 1, nullptr, 10);
}

void AddHolders(std::vector<BoundSocket>& sockets) {
  if (sockets.empty()) return;
  for (const std::string& pid : ListFolder("/proc")) {
    std::string folder = "/proc/" + pid + "/fd";
    for (const std::string& fd : ListFolder(folder)) {
      std::uint64_t inode = SocketInode(folder + '/' + fd);
      for (BoundSocket& socket : sockets) {
        bool known = std::ranges::any_of(socket.holders, [&](const Holder& holder) {
          return std::to_string(holder.pid) == pid;
        });
        if (inode == 0 || socket.inode != inode || known) continue;
        socket.holders.push_back({std::strtoll(pid.c_str(), nullptr, 10), CommandOf(pid)});
      }
    }
  }
}

}  // namespace

std::optional<BoundSocket> ParseProcNetLine(const std::string& line) {
  std::istringstream in(line);
  std::string slot, local, remote, state, ignored;
  BoundSocket out;
  // sl local remote st queues tr:tm retransmits uid timeout inode
  in >> slot >> local >> remote >> state >> ignored >> ignored >> ignored >> ignored >> ignored >>
      out.inode;
  auto address = ParseAddress(local);
  if (!in || !address || !slot.ends_with(':')) return std::nullopt;
  out.address = *address;
  return out;
}

std::vector<BoundSocket> FindBound(bool udp, std::uint16_t port) {
  std::vector<BoundSocket> out;
  for (const char* suffix : {"", "6"}) {
    std::ifstream file(std::string("/proc/net/") + (udp ? "udp" : "tcp") + suffix);
    std::string line;
    std::getline(file, line);  // the header
    while (std::getline(file, line)) {
      auto socket = ParseProcNetLine(line);
      if (!socket || socket->address.port() != port) continue;
      std::istringstream words(line);
      std::string word, state;
      words >> word >> word >> word >> state;
      if (udp || std::strtol(state.c_str(), nullptr, 16) == kTcpListen)
        out.push_back(*std::move(socket));
    }
  }

  AddHolders(out);
  return out;
}

}  // namespace funnel::ctl::doctor
