// The file in which an edge writes down its channels' keys, for whoever looks for a fault in a
// capture (funnel-protocol(7), KEY LOG). There is none unless [service] key-log says so.
//
//   # Funnel keys. Whoever reads this can read and forge what the service carries.
//   SUITE CHANNEL EPOCH initiator|acceptor KEY IV
//
// A line for each key: of a channel, an epoch and a direction. Numbers are decimal, CHANNEL (as in
// frames' clear headers), KEY and IV hexadecimal. Suite 1 has no lines: its keys are Kerberos'.
//
// Owned by the edge. Thread: the loop's.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/config/model.h"
#include "common/metrics/counters.h"
#include "common/seal/frame_cipher.h"

namespace funnel::service {

class KeyLog {
 public:
  // PATH is in a folder of the edge's own. COUNTERS outlive it.
  KeyLog(std::string path, metrics::CounterFile& counters);

  // By SERVICE's key-log, from the next key on. Logs what it changes.
  void SetLimit(const config::ServiceConfig& service);
  // Never fails: what cannot be written is counted.
  void Add(const seal::FrameKeys& keys);

 private:
  // A regular file of ours that nobody else may read, and goes on with what it has.
  [[nodiscard]] Result<> Open();
  // Whether all of TEXT is there.
  [[nodiscard]] bool Write(const char* text, std::size_t size);

  const std::string path_;
  metrics::CounterFile& counters_;
  std::string service_;
  std::uint64_t limit_ = 0;
  std::uint64_t size_ = 0;
  UniqueFd file_;
};

}  // namespace funnel::service
