// Checks the backends of a service as [connect] check says, each every check-every, with one timer
// for all. Without a check there is no timer and no probe.
//
// Owned by the edge, on the loop's thread. Call Configure() after BackendPool::Configure().
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/service/backend/health_probe.h"

namespace funnel::service {

class HealthChecker final : private HealthProbe::User {
 public:
  // Gets each result, from the loop; it must not call this.
  using Report = std::function<void(BackendId backend, const Result<>& result)>;

  // SERVICE is the edge's own, which a reload replaces before it calls Configure().
  HealthChecker(event::Loop& loop, event::EpollSet& sockets, const config::ServiceConfig& service,
                Report report);

  // The backends of POOL, and how they are checked. A check under way is given up: the new
  // configuration may ask for something else. PREFACE is sent first on each connection.
  void Configure(const BackendPool& pool, Bytes preface);
  // Ends all checks.
  void Stop();

 private:
  struct Target {
    TimePoint next;  // check
    std::unique_ptr<HealthProbe> probe;
  };

  void OnProbeDone(HealthProbe& probe, const Result<>& result) override;
  void OnProbeWaits() override { Arm(); }
  void OnTimer();
  // For what comes first.
  void Arm();

  net::SourcePorts ports_;  // before setup_, which has it
  HealthProbe::Setup setup_;
  Report report_;
  std::vector<Target> targets_;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::service
