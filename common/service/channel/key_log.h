// The file to which an edge writes its channels' keys, for somebody who looks for a fault in a
// capture (funnel-protocol(7), KEY LOG). There is none unless [service] key-log says so.
//
//   # Funnel keys. Whoever reads this can read and forge what the service carries.
//   SUITE CHANNEL EPOCH initiator|acceptor KEY IV
//
// There is a line for each key, which belongs to a channel, an epoch and a direction. Numbers are
// decimal; CHANNEL (as in frames' clear headers), KEY and IV are hexadecimal. Suite 1 has no lines:
// its keys are Kerberos'.
//
// Owned by the edge. Thread: the loop's.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/config/service_config.h"
#include "common/metrics/counters.h"
#include "common/seal/frame_cipher.h"

namespace funnel::service {

class KeyLog {
 public:
  // PATH is in a folder that belongs to the edge. COUNTERS outlive this.
  KeyLog(std::string path, metrics::CounterFile& counters);

  // Takes the limit from SERVICE's key-log, from the next key on. Logs what it changes.
  void SetLimit(const config::ServiceConfig& service);
  // Never fails: a key that cannot be written is counted.
  void Add(const seal::FrameKeys& keys);

 private:
  // Opens a regular file of ours that nobody else may read; what it already has stays.
  [[nodiscard]] Result<> Open();
  // Returns whether all of TEXT was written.
  [[nodiscard]] bool Write(const char* text, std::size_t size);

  const std::string path_;
  metrics::CounterFile& counters_;
  std::string service_;
  std::uint64_t limit_ = 0;
  std::uint64_t size_ = 0;
  UniqueFd file_;
};

}  // namespace funnel::service
