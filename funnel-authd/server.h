// funnel-authd as a whole: the clients on authd.sock, the parts that serve them, and the reload
// that changes the rules under them.
//
// Thread: the loop's. Call order: Create (after gss::PrepareProfile) -> the loop runs -> destroy.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "common/base/options.h"
#include "common/config/check/reload_report.h"
#include "common/event/loop.h"
#include "common/event/ticker.h"
#include "common/ipc/control_connection.h"
#include "common/ipc/log_level_command.h"
#include "funnel-authd/accept.h"
#include "funnel-authd/client.h"
#include "funnel-authd/initiate.h"
#include "funnel-authd/peer/peer_links.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

class Server : private Clients {
 public:
  static constexpr std::size_t kMaxClients = 1024;
  // An edge or sctpd has one connection; funnelctl comes and goes.
  static constexpr std::size_t kMaxClientsOfOneUid = 64;
  // Slots are reserved for these in addition to the services' edges: root and funnel-sctpd.
  static constexpr std::size_t kOthersKnown = 2;

  // LISTENING holds authd.sock and the sockets for commands; each of them serves those who connect
  // to it.
  [[nodiscard]] static Result<std::unique_ptr<Server>> Create(event::Loop& loop,
                                                              const Options& options,
                                                              config::Configuration config,
                                                              std::vector<UniqueFd> listening);
  ~Server() override;

  // SIGHUP reloads; SIGTERM and SIGINT end the loop. Call it before the loop runs; one server a
  // process.
  [[nodiscard]] Result<> WatchSignals();
  // Reads the configuration and the keytab again. A broken configuration leaves the former one in
  // force. Channels that the new rules do not allow are ended.
  config::ReloadReport Reload();

  [[nodiscard]] SharedState& shared() { return shared_; }

 private:
  Server(event::Loop& loop, const Options& options, config::Configuration config,
         std::uint64_t instance);
  void OnConnection(ForeignFd connection);
  void OnClientGone(ClientId client);
  // Whether UID is one of the users who have slots reserved.
  [[nodiscard]] Shares::Standing StandingOf(uid_t uid) const;
  void SendPacket(ClientId client, Secret packet) override;
  void Apply(config::Configuration config);
  // Drops claims and pending handshakes that nobody came for.
  void Expire();
  void AddCommands();

  const Options options_;
  const std::int64_t started_;
  SharedState shared_;
  InitiateHandshakes initiate_;
  AcceptHandshakes accept_;
  PeerLinks peers_;
  ipc::CommandTable commands_;
  ipc::LogLevelCommand log_level_;
  Receivers receivers_;
  std::uint64_t last_client_ = 0;
  Shares slots_;  // one a user
  struct Connected {
    Shares::Slot slot;
    std::unique_ptr<Client> client;
  };
  std::map<ClientId, Connected> clients_;
  std::unique_ptr<event::Timer> expiry_;
  event::Ticker beat_{shared_.loop, metrics::CounterFile::kBeatInterval,
                      [this] { shared_.counters.Beat(); }};
  std::unique_ptr<event::SignalWatch> reload_signal_, stop_signal_, interrupt_signal_;
  std::vector<std::unique_ptr<ipc::ControlListener>> listeners_;
};

}  // namespace funnel::authd
