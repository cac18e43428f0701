// What the journal says of a command: who ran what, as whom, from which principal, and how it
// ended. Its bytes are in no log.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/config/service_config.h"
#include "common/ipc/run_messages.h"
#include "funnel-exec/relay.h"
#include "funnel-exec/request.h"

namespace funnel::exec {

class CommandLog {
 public:
  // Both outlive it.
  CommandLog(const config::ServiceConfig& service, const ipc::Exec& who)
      : service_(service), who_(who) {}

  void OnStarted(const Wish& wish, pid_t pid) const;
  void OnRefused(const std::string& why) const;
  void OnEnded(const Relay::Outcome& outcome) const;

 private:
  const config::ServiceConfig& service_;
  const ipc::Exec& who_;
};

}  // namespace funnel::exec
