#include "funnel-authd/server.h"

#include <signal.h>

#include <algorithm>
#include <ctime>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/event/notify.h"
#include "funnel-authd/status.h"

namespace funnel::authd {
namespace {

using namespace std::chrono_literals;

// How late claims and pending handshakes may go.
constexpr Duration kExpiryInterval = 1s;

}  // namespace

Server::Server(event::Loop& loop, const config::Options& options, config::Configuration config,
               std::uint64_t instance)
    : options_(options),
      started_(std::time(nullptr)),
      core_{.loop = loop,
            .clients = *this,
            .config = std::make_shared<const config::Configuration>(std::move(config)),
            .credentials = nullptr,
            .counters = metrics::CounterFile::Create(options.RunPath("counters/funnel-authd"),
                                                     "funnel-authd", CounterTable()),
            .initiate_pool = HandshakePool(loop, {}),
            .accept_pool = HandshakePool(loop, {}),
            .asks = Asks(loop),
            .contexts = Contexts(0),
            .claims = Claims({}),
            .failures = {}},
      initiate_(core_),
      accept_(core_),
      peers_(core_, instance),
      commands_(
          [this] {
            const config::NodeConfig& node = core_.config->node;
            return ipc::CommandTable::Rules{node.read_group, node.admin_group,
                                            node.control.commands};
          },
          [this](const std::string& why) {
            ++core_.counters[kRequestsDenied];
            Log(LogLevel::kWarning, "command-denied", EscapeForLog(why, 1024));
          }),
      log_level_(loop, commands_,
                 [this] { return options_.log_level.value_or(core_.config->node.log_level); }),
      parts_{.core = core_,
             .initiate = initiate_,
             .accept = accept_,
             .peers = peers_,
             .commands = commands_} {
  AddCommands();
  core_.credentials = std::make_shared<gss::CredentialStore>(KeytabsOf(*core_.config));
  Apply(*core_.config);
  expiry_ = loop.AddTimer([this] { Expire(); }, /*accuracy=*/500ms);
}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::Create(event::Loop& loop, const config::Options& options,
                                               config::Configuration config, UniqueFd listening) {
  const std::uint64_t instance = TRY(NextInstance(options.state_dir));
  std::unique_ptr<Server> made(new Server(loop, options, std::move(config), instance));
  Server* self = made.get();
  made->listener_ =
      TRY(ipc::ControlListener::Create(loop, std::move(listening), [self](UniqueFd connection) {
        self->OnConnection(std::move(connection));
      }));
  return made;
}

Result<> Server::WatchSignals() {
  event::Loop& loop = core_.loop;
  reload_signal_ = TRY(loop.AddSignal(SIGHUP, [this] { Reload(); }));
  auto stop = [&loop] {
    event::NotifyStopping();
    loop.Exit(0);
  };
  stop_signal_ = TRY(loop.AddSignal(SIGTERM, stop));
  interrupt_signal_ = TRY(loop.AddSignal(SIGINT, stop));
  return {};
}

bool Server::HasRoomFor(uid_t uid) const {
  const auto of_uid = std::count_if(sessions_.begin(), sessions_.end(), [uid](const auto& entry) {
    return entry.second->uid() == uid;
  });
  return sessions_.size() < kMaxClients && static_cast<std::size_t>(of_uid) < kMaxClientsOfOneUid;
}

void Server::OnConnection(UniqueFd connection) {
  const ClientId id(++last_client_);
  auto session =
      Session::Create(parts_, id, std::move(connection), [this, id] { OnClientGone(id); });
  if (!session) {
    Log(LogLevel::kWarning, "client-rejected", session.error().message);
  } else if (!HasRoomFor((*session)->uid())) {
    Log(LogLevel::kWarning, "client-rejected",
        "too many connections of uid " + std::to_string((*session)->uid()));
  } else {
    sessions_.emplace(id, *std::move(session));
    core_.counters[kClients] = sessions_.size();
    return;
  }
  ++core_.counters[kClientsRejected];
}

void Server::OnClientGone(ClientId client) {
  sessions_.erase(client);
  core_.asks.CloseAllOf(client);
  initiate_.ClientGone(client);
  peers_.ClientGone(client);
  core_.contexts.ReleaseAllOf(client);
  core_.counters[kContexts] = core_.contexts.size();
  core_.counters[kClients] = sessions_.size();
}

void Server::SendPacket(ClientId client, Secret packet) {
  auto found = sessions_.find(client);
  if (found != sessions_.end()) found->second->SendPacket(std::move(packet));
  if (!expiry_->armed()) expiry_->ArmAfter(kExpiryInterval);
}

void Server::Expire() {
  const std::size_t expired = core_.claims.Expire(Now());
  core_.counters[kClaimsExpired] += expired;
  initiate_.Expire(Now());
  if (core_.claims.size() + initiate_.pending() > 0) expiry_->ArmAfter(kExpiryInterval);
}

void Server::AddCommands() {
  commands_.Add("reload", {.access = ipc::Access::kAdmin,
                           .run = [this](const auto&, ipc::SharedAnswer answer) {
                             answer->Finish(config::ReportJson(Reload()));
                           }});
  commands_.Add("status", {.run = [this](const auto&, ipc::SharedAnswer answer) {
                  answer->Finish(StatusJson(core_, peers_, started_));
                }});
}

}  // namespace funnel::authd
