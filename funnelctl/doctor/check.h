// A check of funnelctl doctor, and its findings. Checks run at the same time, each on its own
// thread. A check that does not end in time is given up, so nothing hangs.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "common/config/read/load.h"
#include "funnelctl/status/status_view.h"

namespace funnel::ctl::doctor {

enum class Verdict {
  kOk,
  kWarning,  // it works, but not as well as it could
  kWrong,
};

struct Finding {
  Verdict verdict = Verdict::kOk;
  std::string text;     // what was found; safe for a terminal
  std::string todo;     // what to do about it; empty when ok
  std::string subject;  // e.g. a principal; may be empty
};
using Findings = std::vector<Finding>;

[[nodiscard]] inline Finding Ok(std::string text) {
  return {Verdict::kOk, std::move(text), {}, {}};
}
[[nodiscard]] inline Finding Warning(std::string text, std::string todo) {
  return {Verdict::kWarning, std::move(text), std::move(todo), {}};
}
[[nodiscard]] inline Finding Wrong(std::string text, std::string todo) {
  return {Verdict::kWrong, std::move(text), std::move(todo), {}};
}

struct Check {
  std::string name;     // "keytab": one word, stable, for scripts
  std::string subject;  // used for findings that have none
  std::chrono::milliseconds deadline{5000};
  std::function<Findings()> run;  // on its own thread, which may never end
};

// What checks look at. It is shared, because a check that was given up may still use it.
struct Context {
  NodeView view;  // its configuration may be absent
  config::Mistakes mistakes;
  std::string run_dir;

  [[nodiscard]] const config::Configuration* configuration() const {
    return view.configuration ? &*view.configuration : nullptr;
  }
};

struct Report {
  std::string check;
  Finding finding;
};

// The findings of all checks, in their order. A check that does not end within its deadline is
// reported as wrong. Its thread may still run: end the process with _exit(2).
[[nodiscard]] std::vector<Report> RunChecks(const std::vector<Check>& checks);

}  // namespace funnel::ctl::doctor
