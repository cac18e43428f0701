#include "common/ipc/command_table.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/credentials.h"
#include "common/ipc/names.h"

namespace funnel::ipc {

void CommandTable::WatchGroups() const {
  const Rules rules = rules_();
  names::Watch(rules.read_group);
  names::Watch(rules.admin_group);
}

CommandSession::~CommandSession() {
  for (auto& waiting : std::exchange(pending_, {}))
    if (SharedAnswer answer = waiting.lock()) answer->Detach();
}

void CommandSession::ForgetFinished() {
  std::erase_if(pending_, [](const std::weak_ptr<CommandAnswer>& waiting) {
    SharedAnswer answer = waiting.lock();
    return answer == nullptr || answer->over();
  });
}

Result<> CommandSession::OnPacket(ByteView packet, ForeignFd socket) {
  Command command;
  if (TRY(TypeOf(packet)) == MessageType::kCommandWithSocket) {
    command = TRY(Parse<CommandWithSocket>(packet));
  } else {
    command = TRY(Parse<Command>(packet));
  }

  ForgetFinished();
  for (auto& waiting : pending_)
    if (waiting.lock()->request() == command.request)
      return Fail("a command with the number of one that is not answered yet");
  auto answer = std::make_shared<CommandAnswer>(connection_, command.request);
  auto row = Check(command, static_cast<bool>(socket));
  if (!row) {
    answer->Fail(row.error().message);
    return {};
  }

  pending_.push_back(answer);
  if ((*row)->run_with_socket) {
    RunWithSocket(**row, command, std::move(socket), std::move(answer));
  } else {
    (*row)->run(command.arguments, std::move(answer));
  }
  return {};
}

void CommandSession::RunWithSocket(const CommandRow& row, const Command& command, ForeignFd socket,
                                   SharedAnswer answer) const {
  const auto sender = ReadPeerCredentials(connection_.fd());
  if (!sender) return answer->Fail(sender.error().message);
  row.run_with_socket(command.arguments, {std::move(socket), sender->uid}, std::move(answer));
}

Result<const CommandRow*> CommandSession::Check(const Command& command, bool has_socket) const {
  auto found = table_.rows_.find(command.name);
  if (found == table_.rows_.end())
    return funnel::Fail("this daemon knows no command " + EscapeForLog(command.name));
  const CommandRow& row = found->second;
  const CommandTable::Rules rules = table_.rules_();
  if (auto may = MayRun(command, row, rules); !may) {
    table_.on_denied_(command.name + ": " + may.error().message);
    return std::unexpected(may.error());
  }

  if (command.arguments.size() < row.min_arguments || command.arguments.size() > row.max_arguments)
    return funnel::Fail("the command " + command.name + " with " +
                        std::to_string(command.arguments.size()) + " arguments");

  if (has_socket != static_cast<bool>(row.run_with_socket))
    return funnel::Fail("the command " + command.name +
                        (has_socket ? " takes no socket" : " comes without the socket it needs"));

  if (pending_.size() >= rules.max_pending) {
    const std::string why = "too many commands at once ([control] commands)";
    table_.on_denied_(command.name + ": " + why);
    return funnel::Fail(why);
  }

  return &row;
}

Result<> CommandSession::MayRun(const Command& command, const CommandRow& row,
                                const CommandTable::Rules& rules) const {
  const PeerCredentials peer = TRY(ReadPeerCredentials(connection_.fd()));
  if (row.access == Access::kRead) {
    // Whoever may change things may also see the effect: drain waits by asking for the status.
    auto reader = RequireReader(peer, rules.read_group);
    return reader || RequireAdmin(peer, rules.admin_group) ? Result<>() : reader;
  }

  TRY(RequireAdmin(peer, rules.admin_group));
  std::string what = command.name;
  for (const std::string& argument : command.arguments) what += ' ' + argument;
  Log(LogLevel::kNotice, "command", EscapeForLog(what),
      {{"UID", std::to_string(peer.uid)}, {"PID", std::to_string(peer.pid)}});
  return {};
}

}  // namespace funnel::ipc
