// Starts the commands of one channel at the connecting side: waits until all the flows of a command
// have come, connects to the service's funnel-exec, and passes it one end of each flow's socket.
// Who may start what is funnel-exec's to decide, under a user that is not this edge's.
//
// Owned by a Backend, on the loop's thread. Answers come at the end of a turn, never inside Add().
// Each flow is a session, so max-sessions limits how many wait.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "common/event/loop.h"
#include "common/ipc/flow_descriptors.h"
#include "funnel-tcpd/channel_port.h"
#include "funnel-tcpd/dialer.h"

namespace funnel::tcpd {

class CommandStarter {
 public:
  explicit CommandStarter(SharedState& shared);

  // A session that PEER opened. DONE is called exactly once, unless Cancel() is called first. An
  // error: it is no flow, or one that has come before.
  [[nodiscard]] Result<DialId> Add(const wire::SessionInfo& info, const ChannelPort::Peer& peer,
                                   Dialer::Done done);
  // Its command will not start; if it has, the flow ends.
  void Cancel(DialId id);

 private:
  struct Flow {
    DialId id;
    Dialer::Done done;
  };
  struct Waiting {
    std::array<std::optional<Flow>, wire::kCommandParts> flows;
    std::string user;
    TimePoint until;
  };
  struct Answer {
    DialId id;
    Dialer::Done done;
    Result<Dialer::Connected> result;
  };
  using Commands = std::map<std::uint64_t, Waiting>;

  // All flows have come.
  void Start(Commands::iterator at, const ChannelPort::Peer& peer);
  [[nodiscard]] Result<ipc::FlowFds> Connect(const std::string& user,
                                             const ChannelPort::Peer& peer);
  // Answers all flows that have come with an error.
  void GiveUp(Commands::iterator at, const std::string& why);
  // Those whose flows have not all come within connect-timeout.
  void OnTimer();
  void DeliverAnswers();

  SharedState& shared_;
  std::uint64_t last_id_ = 0;
  Commands waiting_;
  std::deque<Answer> answers_;
  std::unique_ptr<event::Timer> timer_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::tcpd
