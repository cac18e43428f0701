#include "common/event/notify.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <string>

namespace funnel::event {
namespace {

std::string& LastStatus() {
  static std::string last;
  return last;
}

// A line feed would begin a new assignment.
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

}  // namespace funnel::event
