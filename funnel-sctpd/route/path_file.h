// PathMemory's file, $STATE/routes: small, and replaced as a whole. If it cannot be read or
// written, that is logged once and does no harm.
#pragma once

#include <string>

#include "funnel-sctpd/route/path_memory.h"

namespace funnel::sctpd {

class PathFile {
 public:
  explicit PathFile(const std::string& state_dir) : path_(state_dir + "/routes") {}

  [[nodiscard]] PathMemory Load() const;
  void Save(const PathMemory& memory);

 private:
  std::string path_;
  bool complained_ = false;
};

}  // namespace funnel::sctpd
