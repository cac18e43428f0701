// Asks daemons over their control sockets (common/ipc/command_messages.h).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/options.h"
#include "common/base/unique_fd.h"
#include "common/ipc/control_socket.h"

namespace funnel::ctl {

// A daemon that a service manager starts because of this connection has this long to answer, too.
inline constexpr std::chrono::seconds kAnswerDeadline{3};
// Far more than the lists' limits allow (status_schema.md).
inline constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;

// Where the daemons are asked.
[[nodiscard]] std::string AuthdSocket(const Options& options);
[[nodiscard]] std::string SctpdSocket(const Options& options);
[[nodiscard]] std::string EdgeSocket(const Options& options, std::string_view service);

// A connection to one daemon, on which commands are given one after the other.
class Talk {
 public:
  // Fails also if the owner of the socket's process is neither root, nor we, nor the owner of the
  // socket's folder. The error has a code (ENOENT, ECONNREFUSED, ...) if nobody listens there.
  [[nodiscard]] static Result<Talk> Connect(const std::string& socket_path);

  // Gives a command; the rest of the answer to the previous one is dropped.
  [[nodiscard]] Result<> Send(std::string name, std::vector<std::string> arguments);
  // The same with a listening TCP socket, which is the daemon's alone from then on.
  [[nodiscard]] Result<> SendWithSocket(std::string name, std::vector<std::string> arguments,
                                        UniqueFd socket);
  // The next piece of the answer; nullopt: it is complete. An error: the daemon's refusal, or (with
  // code ETIMEDOUT, ECONNRESET) there was no answer in time.
  [[nodiscard]] Result<std::optional<std::string>> Next(TimePoint until);
  // All pieces in one.
  [[nodiscard]] Result<std::string> Answer(TimePoint until);
  // Send and Answer.
  [[nodiscard]] Result<std::string> Ask(std::string name, std::vector<std::string> arguments,
                                        std::chrono::milliseconds deadline = kAnswerDeadline);
  [[nodiscard]] int fd() const { return socket_.fd(); }

 private:
  explicit Talk(ipc::ControlSocket socket) : socket_(std::move(socket)) {}

  ipc::ControlSocket socket_;
  std::uint32_t request_ = 0;
  bool last_ = true;  // the answer is complete
};

struct Question {
  std::string socket_path;
  std::string command;
  std::vector<std::string> arguments = {};
};

[[nodiscard]] Result<std::string> Ask(const Question& question,
                                      std::chrono::milliseconds deadline = kAnswerDeadline);
// The answers of all of them, which are asked at the same time.
[[nodiscard]] std::vector<Result<std::string>> AskAll(
    const std::vector<Question>& questions, std::chrono::milliseconds deadline = kAnswerDeadline);

}  // namespace funnel::ctl
