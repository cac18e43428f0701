// RouteMemory's file, $STATE/routes: small, replaced as a whole. What cannot be read or written is
// logged once and does no harm.
#pragma once

#include <string>

#include "funnel-sctpd/route/route_memory.h"

namespace funnel::sctpd {

class RouteFile {
 public:
  explicit RouteFile(const std::string& state_dir) : path_(state_dir + "/routes") {}

  [[nodiscard]] RouteMemory Load() const;
  void Save(const RouteMemory& memory);

 private:
  std::string path_;
  bool complained_ = false;
};

}  // namespace funnel::sctpd
