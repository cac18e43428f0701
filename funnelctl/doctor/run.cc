#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "common/base/clock.h"
#include "funnelctl/doctor/check.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {
namespace {

// How many checks run at the same time; most of them wait for a KDC or a resolver.
constexpr std::size_t kAtOnce = 16;

// Where a check's thread leaves its findings. Thread and reader both own it.
class Mailbox {
 public:
  void Put(Findings findings) {
    std::lock_guard lock(mutex_);
    findings_ = std::move(findings);
    there_.notify_all();
  }
  std::optional<Findings> Take(TimePoint until) {
    std::unique_lock lock(mutex_);
    there_.wait_until(lock, until, [this] { return findings_.has_value(); });
    return std::move(findings_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::optional<Findings> findings_;
};

struct Running {
  std::shared_ptr<Mailbox> mailbox;
  TimePoint until;
};

Running Start(const Check& check) {
  auto mailbox = std::make_shared<Mailbox>();
  std::thread([mailbox, run = check.run] { mailbox->Put(run()); }).detach();
  return {mailbox, Now() + check.deadline};
}

Findings Wait(const Check& check, const Running& running) {
  auto findings = running.mailbox->Take(running.until);
  if (findings) return *std::move(findings);
  std::string time = PrintMilliseconds(static_cast<double>(check.deadline.count()));
  return {
      Wrong("no result within " + time, "find out who does not answer: KDC, name server, disk")};
}

}  // namespace

std::vector<Report> RunChecks(const std::vector<Check>& checks) {
  std::vector<Report> out;
  for (std::size_t begin = 0; begin < checks.size(); begin += kAtOnce) {
    std::size_t end = std::min(begin + kAtOnce, checks.size());
    std::vector<Running> running;
    for (std::size_t i = begin; i < end; ++i) running.push_back(Start(checks[i]));
    for (std::size_t i = begin; i < end; ++i) {
      for (Finding& finding : Wait(checks[i], running[i - begin])) {
        if (finding.subject.empty()) finding.subject = checks[i].subject;
        out.push_back({checks[i].name, std::move(finding)});
      }
    }
  }

  return out;
}

}  // namespace funnel::ctl::doctor
