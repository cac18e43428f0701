// One line for each connection or flow that has ended (access-log): who had what, for how long, and
// how it ended. Lines go to the journal with fields of their own, or to standard error where that
// is no journal. Nothing buffers them or waits for them: a line that the journal does not take at
// once is lost, and the owner counts it.
//
// Owned by the edge's shared state, on the loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/journal.h"
#include "common/config/service_config.h"

namespace funnel::service {

// What is counted of a session while it lives, by the direction of the bytes.
struct AccessCounts {
  std::uint64_t from_client = 0;
  std::uint64_t to_client = 0;
  TimePoint first_answer{};  // the first byte to the client; {}: there was none

  void OnFromClient(std::size_t bytes) { from_client += bytes; }
  void OnToClient(std::size_t bytes, TimePoint now) {
    if (to_client == 0 && first_answer == TimePoint{}) first_answer = now;
    to_client += bytes;
  }
};

// How a session ended, and which party ended it.
struct AccessEnd {
  std::string_view how;  // "closed", "reset", "idle-timeout" ...
  std::string_view who;  // "client", "backend", "here", "far side"
};

struct AccessRecord {
  std::string client, local;    // addresses; may be empty
  std::string peer, principal;  // of the channel; empty: nothing carried it at last
  std::string backend;          // connecting side
  AccessCounts counts;
  TimePoint opened{}, ended{};
  AccessEnd end;
};

class AccessLog {
 public:
  explicit AccessLog(bool journal = StderrIsJournal(), std::string journal_socket = kJournalSocket)
      : is_journal_(journal), journal_(std::move(journal_socket)) {}

  // Writes the line in the form that SERVICE wants, or none. False: the line is lost.
  [[nodiscard]] bool Write(const config::ServiceConfig& service, const AccessRecord& record);

 private:
  bool is_journal_;
  JournalSocket journal_;
};

// As one JSON object (funnel.conf(5), access-log).
[[nodiscard]] std::string AccessJson(const config::ServiceConfig& service,
                                     const AccessRecord& record);

}  // namespace funnel::service
