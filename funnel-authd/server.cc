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

// Claims and pending handshakes may expire this much later than they should.
constexpr Duration kExpiryInterval = 1s;

}  // namespace

Server::Server(event::Loop& loop, const Options& options, config::Configuration config,
               std::uint64_t instance)
    : options_(options),
      started_(std::time(nullptr)),
      shared_{.loop = loop,
              .clients = *this,
              .config = std::make_shared<const config::Configuration>(std::move(config)),
              .credentials = nullptr,
              .counters = metrics::CounterFile::Create(options.RunPath("counters/funnel-authd"),
                                                       "funnel-authd", CounterTable()),
              .initiate_pool = event::WorkPool(loop, {}),
              .accept_pool = event::WorkPool(loop, {}),
              .asks = Asks(loop),
              .contexts = {},
              .claims = Claims({}),
              .peer_accepts = {},
              .failures = {}},
      initiate_(shared_),
      accept_(shared_),
      peers_(shared_, instance),
      commands_(
          [this] {
            const config::NodeConfig& node = shared_.config->node;
            return ipc::CommandTable::Rules{node.read_group, node.admin_group,
                                            node.control.commands};
          },
          [this](const std::string& why) {
            ++shared_.counters[kRequestsDenied];
            Log(LogLevel::kWarning, "command-denied", EscapeForLog(why, 1024));
          }),
      log_level_(loop, commands_,
                 [this] { return options_.log_level.value_or(shared_.config->node.log_level); }),
      receivers_{.shared = shared_,
                 .initiate = initiate_,
                 .accept = accept_,
                 .peers = peers_,
                 .commands = commands_} {
  AddCommands();
  shared_.credentials = std::make_shared<gss::CredentialStore>(KeytabsOf(*shared_.config));
  Apply(*shared_.config);
  expiry_ = loop.AddTimer([this] { Expire(); }, /*accuracy=*/500ms);
}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::Create(event::Loop& loop, const Options& options,
                                               config::Configuration config,
                                               std::vector<UniqueFd> listening) {
  const std::uint64_t instance = NextInstance(options.state_dir);
  std::unique_ptr<Server> made(new Server(loop, options, std::move(config), instance));
  Server* self = made.get();
  for (UniqueFd& socket : listening)
    made->listeners_.push_back(
        TRY(ipc::ControlListener::Create(loop, std::move(socket), [self](ForeignFd connection) {
          self->OnConnection(std::move(connection));
        })));
  return made;
}

Result<> Server::WatchSignals() {
  event::Loop& loop = shared_.loop;
  reload_signal_ = TRY(loop.AddSignal(SIGHUP, [this] { Reload(); }));
  auto stop = [&loop] {
    event::NotifyStopping();
    loop.Exit(0);
  };
  stop_signal_ = TRY(loop.AddSignal(SIGTERM, stop));
  interrupt_signal_ = TRY(loop.AddSignal(SIGINT, stop));
  return {};
}

Shares::Standing Server::StandingOf(uid_t uid) const {
  const config::Configuration& config = *shared_.config;
  const bool known = uid == 0 || ipc::IsUser(uid, config.node.sctpd_user) ||
                     std::ranges::any_of(config.services, [uid](const auto& service) {
                       return ipc::IsUser(uid, service.edge_user);
                     });
  return known ? Shares::Standing::kKnown : Shares::Standing::kStranger;
}

void Server::OnConnection(ForeignFd connection) {
  const ClientId id(++last_client_);
  const auto reject = [this](const std::string& why, const std::string& uid) {
    ++shared_.counters[kClientsRejected];
    Log(LogLevel::kWarning, "client-rejected", why, {{"UID", uid}});
  };
  auto client =
      Client::Create(receivers_, id, std::move(connection), [this, id] { OnClientGone(id); });
  if (!client) return reject(client.error().message, "");
  const uid_t uid = (*client)->uid();
  Shares::Slot slot = slots_.Take(std::to_string(uid), StandingOf(uid));
  if (!slot) return reject("too many connections", std::to_string(uid));
  clients_.emplace(id, Connected{std::move(slot), *std::move(client)});
  shared_.counters[kClients] = clients_.size();
}

void Server::OnClientGone(ClientId client) {
  clients_.erase(client);
  shared_.asks.CloseAllOf(client);
  initiate_.ClientGone(client);
  peers_.ClientGone(client);
  shared_.contexts.ReleaseAllOf(client);
  shared_.counters[kContexts] = shared_.contexts.size();
  shared_.counters[kClients] = clients_.size();
}

void Server::SendPacket(ClientId client, Secret packet) {
  auto found = clients_.find(client);
  if (found != clients_.end()) found->second.client->SendPacket(std::move(packet));
  if (!expiry_->armed()) expiry_->ArmAfter(kExpiryInterval);
}

void Server::Expire() {
  const std::size_t expired = shared_.claims.Expire(Now());
  shared_.counters[kClaimsExpired] += expired;
  initiate_.Expire(Now());
  if (shared_.claims.size() + initiate_.pending() > 0) expiry_->ArmAfter(kExpiryInterval);
}

void Server::AddCommands() {
  commands_.Add("reload", {.access = ipc::Access::kAdmin,
                           .run = [this](const auto&, ipc::SharedAnswer answer) {
                             answer->TakeUp();
                             answer->Finish(config::ReportJson(Reload()));
                           }});
  commands_.Add("status", {.run = [this](const auto&, ipc::SharedAnswer answer) {
                  answer->Finish(StatusJson(shared_, peers_, started_));
                }});
}

}  // namespace funnel::authd
