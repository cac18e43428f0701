#include "funnel-tcpd/command/command_door.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/ipc/flow_descriptors.h"
#include "common/ipc/names.h"
#include "common/ipc/run_messages.h"

namespace funnel::tcpd {
namespace {

std::string UserText(const ipc::PeerCredentials& user) {
  const auto name = ipc::names::NameOf(user.uid);
  return name && !name->empty() ? *name : std::to_string(user.uid);
}

}  // namespace

CommandDoor::CommandDoor(SharedState& shared, OnCommand on_command)
    : shared_(shared), on_command_(std::move(on_command)) {}

Result<std::unique_ptr<CommandDoor>> CommandDoor::Create(SharedState& shared, UniqueFd listening,
                                                         OnCommand on_command) {
  std::unique_ptr<CommandDoor> door(new CommandDoor(shared, std::move(on_command)));
  door->OnReload();
  door->listener_ = TRY(ipc::ControlListener::Create(
      shared.loop, std::move(listening),
      [raw = door.get()](ForeignFd connection) { raw->OnConnection(std::move(connection)); }));
  return door;
}

void CommandDoor::OnReload() {
  for (const std::string& group : shared_.service.allow_groups) ipc::names::Watch(group);
}

bool CommandDoor::IsAllowed(const ipc::PeerCredentials& user) const {
  if (user.uid == 0) return true;
  const config::ServiceConfig& service = shared_.service;
  return std::ranges::any_of(
             service.allow_users,
             [&](const std::string& name) { return ipc::IsUser(user.uid, name); }) ||
         std::ranges::any_of(service.allow_groups,
                             [&](const std::string& name) { return ipc::IsInGroup(user, name); });
}

void CommandDoor::OnConnection(ForeignFd connection) {
  const auto user = ipc::ReadPeerCredentials(connection.get());
  if (!user) return shared_.Count(kCommandsRefused);
  auto pairs = ipc::MakeFlowPairs();
  Result<Connection> command = pairs ? Admit(*user, std::move(pairs->ours))
                                     : Result<Connection>(std::unexpected(pairs.error()));
  const ipc::RunAnswer answer{.refusal = command ? "" : command.error().message};
  const auto sent = ipc::SendFlows(connection.get(), ipc::Serialize(answer).view(),
                                   command ? &pairs->theirs : nullptr);
  if (command && sent) {
    shared_.Count(kCommandsTotal);
    return on_command_(*std::move(command));
  }

  shared_.Count(kCommandsRefused);
  Log(LogLevel::kWarning, "run-refused", command ? sent.error().message : command.error().message,
      {{"SERVICE", shared_.service.name.text()},
       {"UID", std::to_string(user->uid)},
       {"USER", UserText(*user)}});
}

Result<Connection> CommandDoor::Admit(const ipc::PeerCredentials& user, ipc::FlowFds flows) {
  if (!IsAllowed(user)) return Fail("allow-users and allow-groups do not have " + UserText(user));
  if (shared_.draining) return Fail("the service is drained: it takes nothing new");

  const std::string who = UserText(user);
  const std::uint32_t most = shared_.service.max_sessions_per_client;
  if (most > 0 && shared_.limit.TakenBy(who) + wire::kCommandParts > most) {
    shared_.Count(kClientSessionsOverLimit);
    return Fail("the user has as many commands as he may have (max-sessions-per-client)");
  }

  const std::uint64_t number = ++commands_;
  std::vector<Connection> all;
  for (std::size_t i = 0; i < wire::kCommandParts; ++i) {
    SessionLimit::Slot slot = shared_.limit.Take(who);
    if (!slot) {
      shared_.Count(kSessionsOverLimit);
      return Fail("the service has as many commands as it may have (max-sessions)");
    }
    wire::SessionInfo info{.client = who, .local = {}};
    info.flow = wire::CommandFlow{static_cast<wire::CommandPart>(i), number};
    all.push_back({std::move(flows[i]), std::move(info), std::move(slot), {}, {}});
  }

  Connection first = std::move(all.front());
  all.erase(all.begin());
  first.more = std::move(all);
  return first;
}

}  // namespace funnel::tcpd
