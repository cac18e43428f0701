// Names for the user that runs the tests: one for each port of a service in the tests. They exist
// only in an /etc/passwd of this process.
#pragma once

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace funnel::authd::test {

inline std::string OwnName(const std::string& port) { return "edge-of-" + port; }

// Call it once in a process, as root.
inline void LayOwnNames() {
  static const bool laid = [] {
    std::string path = std::filesystem::temp_directory_path() / "funnel-passwd-XXXXXX";
    const int fd = ::mkstemp(path.data());
    std::ofstream file(path);
    file << std::ifstream("/etc/passwd").rdbuf();

    std::vector<int> ports{53, 389, 3890, 5300};
    for (int port = 6000; port < 6200; ++port) ports.push_back(port);
    for (const int port : ports)
      file << OwnName(std::to_string(port)) << ":x:" << ::getuid() << ":" << ::getgid()
           << "::/:/bin/false\n";
    file.close();

    const bool done = fd >= 0 && ::unshare(CLONE_NEWNS) == 0 &&
                      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                      ::mount(path.c_str(), "/etc/passwd", nullptr, MS_BIND, nullptr) == 0 &&
                      ::chmod(path.c_str(), 0644) == 0;
    ::close(fd);
    std::filesystem::remove(path);
    return done;
  }();
  if (!laid) throw std::runtime_error("cannot lay names over /etc/passwd");
}

}  // namespace funnel::authd::test
