#include "common/event/notify.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdint>
#include <string>
#include <vector>

namespace funnel::event {
namespace {

std::string& LastStatus() {
  static std::string last;
  return last;
}

// For a manager that is busy, or one that does not know the barrier.
constexpr std::uint64_t kBarrierUsec = 5'000'000;

// Replaces line feeds: each would begin a new assignment.
std::string OneLine(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (c == '\n') c = ' ';
  return line;
}

}  // namespace

void NotifyReady(std::string_view status) {
  LastStatus() = OneLine(status);
  sd_notify(0, ("READY=1\nSTATUS=" + LastStatus()).c_str());
}

void NotifyStatus(std::string_view status) {
  std::string line = OneLine(status);
  if (line == LastStatus()) return;
  LastStatus() = line;
  sd_notify(0, ("STATUS=" + line).c_str());
}

void NotifyReloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  auto usec = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec)).c_str());
}

void NotifyStopping() { sd_notify(0, "STOPPING=1"); }

void Store(std::string_view name, std::span<const UniqueFd> sockets) {
  std::vector<int> fds;
  for (const UniqueFd& socket : sockets) fds.push_back(socket.get());
  // FDPOLL=0: by default an error that waits in a socket makes the manager drop it.
  std::string text = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + OneLine(name);
  sd_pid_notify_with_fds(0, 0, text.c_str(), fds.data(), static_cast<unsigned>(fds.size()));
}

void ForgetStored(std::string_view name) {
  sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + OneLine(name)).c_str());
  sd_notify_barrier(0, kBarrierUsec);
}

}  // namespace funnel::event
