#include "common/base/journal.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>

#include "common/base/socket.h"

namespace funnel {

bool StderrIsJournal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  unsigned long long device = 0;
  unsigned long long inode = 0;
  struct stat about{};
  return stream && std::sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
         fstat(STDERR_FILENO, &about) == 0 && about.st_dev == device && about.st_ino == inode;
}

bool JournalSocket::Send(std::span<const std::string> fields) {
  if (!fd_) fd_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, /*protocol=*/0));
  const auto journal = UnixAddress(path_);
  if (!fd_ || !journal) return false;
  std::string datagram;
  for (const std::string& field : fields) datagram += field + '\n';
  return sendto(fd_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                reinterpret_cast<const sockaddr*>(&*journal), sizeof *journal) >= 0;
}

// A pipe that can be written to takes PIPE_BUF bytes at once (pipe(7)); a file takes any number.
bool WriteWithoutWaiting(int fd, const std::string& line) {
  if (line.size() > PIPE_BUF) return false;
  pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
  if (poll(&ready, 1, /*timeout=*/0) != 1 || (ready.revents & POLLOUT) == 0) return false;
  return write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace funnel
