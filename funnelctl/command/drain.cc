// funnelctl drain, funnelctl resume: stop and start taking new sessions.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/figures.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

constexpr std::chrono::milliseconds kPollInterval{250};

struct Draining {
  Daemon edge;
  std::int64_t sessions = 0;
};

std::string Sessions(std::int64_t count) { return Counted(count, "session is", "sessions are"); }

Result<std::vector<Daemon>> Targets(const Options& options) {
  if (options.arguments.front() == "all") return AllEdges(options);
  std::vector<Daemon> one;
  one.push_back(TRY(FindDaemon(options, options.arguments.front())));
  return one;
}

// Asks each edge to drain. Edges of `all` that do not run take no sessions anyway.
int PrintDrained(const Options& options, const std::string& command, std::vector<Draining>& done) {
  auto targets = Targets(options);
  if (!targets) return Complain(targets.error().message);
  int status = kExitOk;
  for (const Daemon& edge : *targets) {
    auto answer = AskJson(edge, command);
    if (answer) {
      done.push_back({edge, NumberOf(*answer, "sessions")});
    } else if (options.arguments.front() == "all" && NotRunning(answer.error())) {
      continue;
    } else {
      status = Complain(Explain(edge, answer.error()));
    }
  }

  // That is what was asked for, but perhaps the user meant another node.
  if (status == kExitOk && done.empty()) std::printf("no service's daemon runs here\n");
  return status;
}

// How many sessions are left; 0 for an edge that has ended meanwhile, too.
Result<std::int64_t> Left(std::vector<Draining>& draining) {
  std::int64_t left = 0;
  for (Draining& one : draining) {
    auto status = AskJson(one.edge, "status");
    if (!status && !NotRunning(status.error())) return Fail(Explain(one.edge, status.error()));
    if (status && !IsTrue(*status, "draining"))
      return Fail(one.edge.name + ": is not draining any more");
    one.sessions = status ? NumberOf(*status, "sessions_total") : 0;
    // A negative number counts as 0, so that it takes nothing off the others' sum.
    left = Sum(left, std::max<std::int64_t>(one.sessions, 0));
  }
  return left;
}

int WaitUntilEmpty(std::vector<Draining>& draining, std::optional<TimePoint> until) {
  for (;;) {
    auto left = Left(draining);
    if (!left) return Complain(left.error().message);
    if (*left == 0) return kExitOk;
    if (until && Now() >= *until) {
      for (const Draining& one : draining)
        if (one.sessions > 0)
          std::printf("%s: %s left\n", one.edge.name.c_str(), Sessions(one.sessions).c_str());
      return kExitFailed;
    }
    ::usleep(static_cast<useconds_t>(kPollInterval.count()) * 1000);
  }
}

}  // namespace

int RunDrain(const Options& options) {
  std::optional<TimePoint> until;
  if (auto text = options.Value("--timeout")) {
    auto time = ParseDuration(*text);
    if (!time) {
      Complain("--timeout: " + time.error().message);
      return kExitUsage;
    }
    until = Now() + *time;
  }

  std::vector<Draining> draining;
  int status = PrintDrained(options, "drain", draining);
  for (const Draining& one : draining)
    std::printf("%s: takes no new sessions; %s left\n", one.edge.name.c_str(),
                Sessions(one.sessions).c_str());
  if (!options.Has("--wait") || status != kExitOk) return status;
  std::fflush(stdout);
  return WaitUntilEmpty(draining, until);
}

int RunResume(const Options& options) {
  std::vector<Draining> resumed;
  int status = PrintDrained(options, "resume", resumed);
  for (const Draining& one : resumed)
    std::printf("%s: takes new sessions\n", one.edge.name.c_str());
  return status;
}

}  // namespace funnel::ctl
