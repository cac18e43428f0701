// The commands that a daemon accepts over its control socket: one row each, and who may give it. A
// CommandSession executes by the table what one client sends.
//
// Thread: the loop's. The table outlives its sessions; each session lives as long as its
// connection.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/foreign_fd.h"
#include "common/ipc/command_answer.h"
#include "common/ipc/command_messages.h"
#include "common/ipc/control_connection.h"

namespace funnel::ipc {

enum class Access { kRead, kAdmin };

// A listening TCP socket that came with a command, and the user who sent it.
struct CommandSocket {
  ForeignFd fd;
  uid_t uid = 0;
};

struct CommandRow {
  using Arguments = std::vector<std::string>;
  // Finishes or fails ANSWER, now or later.
  using Handler = std::function<void(const Arguments& arguments, SharedAnswer answer)>;
  using SocketHandler =
      std::function<void(const Arguments& arguments, CommandSocket socket, SharedAnswer answer)>;

  Access access = Access::kRead;
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  Handler run;
  // Instead of `run`: the command needs a socket, and no other may bring one.
  SocketHandler run_with_socket = {};
};

class CommandTable {
 public:
  struct Rules {
    std::string read_group;
    std::string admin_group;
    std::size_t max_pending = 0;  // commands of one client that are not answered yet
  };
  // RULES is called at each command, because a reload changes them. ON_DENIED is called for each
  // command that is refused because of who its client is or how much it asks, for log and counter.
  CommandTable(std::function<Rules()> rules, std::function<void(const std::string& why)> on_denied)
      : rules_(std::move(rules)), on_denied_(std::move(on_denied)) {}

  // Call it before the loop runs, and after a reload: from then on the groups of the rules are
  // looked up for each user that connects.
  void WatchGroups() const;

  void Add(std::string name, CommandRow row) { rows_[std::move(name)] = std::move(row); }

 private:
  friend class CommandSession;

  std::function<Rules()> rules_;
  std::function<void(const std::string& why)> on_denied_;
  std::map<std::string, CommandRow, std::less<>> rows_;
};

class CommandSession {
 public:
  CommandSession(const CommandTable& table, ControlConnection& connection)
      : table_(table), connection_(connection) {}
  // The handlers that still work for this client are notified that it has gone.
  ~CommandSession();

  // Executes one packet of type Command or CommandWithSocket, or answers why not. SOCKET came with
  // it, if any did. An error: it is no command; end the connection.
  [[nodiscard]] Result<> OnPacket(ByteView packet, ForeignFd socket = {});

 private:
  [[nodiscard]] Result<> MayRun(const Command& command, const CommandRow& row,
                                const CommandTable::Rules& rules) const;
  // Fails if there is no such command, or its client may not give it or has too many pending.
  [[nodiscard]] Result<const CommandRow*> Check(const Command& command, bool has_socket) const;
  // Executes a command that needs SOCKET.
  void RunWithSocket(const CommandRow& row, const Command& command, ForeignFd socket,
                     SharedAnswer answer) const;
  void ForgetFinished();

  const CommandTable& table_;
  ControlConnection& connection_;
  // The handlers own them.
  std::vector<std::weak_ptr<CommandAnswer>> pending_;
};

}  // namespace funnel::ipc
