// Runs a command of funnelctl within the test and captures its stdout.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/options.h"
#include "funnelctl/command.h"          // IWYU pragma: export
#include "tests/unit/config/example.h"  // IWYU pragma: export
#include "tests/unit/config/temp_dir.h"

namespace funnel::ctl {

struct Ran {
  int status;
  std::string out;
  std::string err;
};

inline Ran RunIt(int (*command)(const Options&), const Options& options) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  int status = command(options);
  std::string out = testing::internal::GetCapturedStdout();
  return {status, std::move(out), testing::internal::GetCapturedStderr()};
}

inline Options OptionsFor(const TempDir& dir, std::vector<std::string> arguments = {}) {
  Options options;
  options.config_dir = dir.path();
  options.defaults_dir = "";
  options.run_dir = dir.path();
  options.arguments = std::move(arguments);
  return options;
}

// TEXT with the folder's path removed everywhere.
inline std::string Without(const TempDir& dir, std::string text) {
  for (std::size_t at; (at = text.find(dir.path() + '/')) != std::string::npos;)
    text.erase(at, dir.path().size() + 1);
  return text;
}

inline bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace funnel::ctl
