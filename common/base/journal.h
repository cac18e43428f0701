// The systemd journal by its native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), for
// what is written often: sd_journal_send() waits where the journal is slow, and this never does.
#pragma once

#include <span>
#include <string>

#include "common/base/unique_fd.h"

namespace funnel {

inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

// Whether standard error is the journal ($JOURNAL_STREAM, systemd.exec(5)); the variable is
// inherited, so it counts only while standard error still is that socket.
[[nodiscard]] bool StderrIsJournal();

// One thread.
class JournalSocket {
 public:
  explicit JournalSocket(std::string path = kJournalSocket) : path_(std::move(path)) {}

  // FIELDS are "NAME=value", printable text each. False: the journal does not take them now, or is
  // not there; the line is lost.
  [[nodiscard]] bool Send(std::span<const std::string> fields);

 private:
  std::string path_;
  UniqueFd fd_;  // from the first line on
};

// Writes LINE, which ends with a newline, to FD, unless FD would make us wait. False: it is lost.
[[nodiscard]] bool WriteWithoutWaiting(int fd, const std::string& line);

}  // namespace funnel
