#include "funnelctl/ask.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "common/base/text.h"
#include "common/ipc/command_messages.h"

namespace funnel::ctl {
namespace {

// Why connecting failed, without the path, which our caller names.
std::unexpected<Error> ConnectFailed(const Error& error) {
  if (error.code == ENOENT) return Fail("there is no control socket", error.code);
  if (error.code == ECONNREFUSED) return Fail("nobody holds its control socket", error.code);
  if (error.code == EACCES) return Fail("we may not connect to its control socket", error.code);
  return Fail(error.code == 0 ? error.message : std::strerror(error.code), error.code);
}

// A daemon's own socket is for root and Funnel's daemons; each group of administrators may have one
// in the same folder. Any that we may connect to will do: the daemon checks who we are.
Result<ipc::ControlSocket> ConnectToAny(const std::string& path) {
  auto socket = ipc::ControlSocket::Connect(path);
  if (socket || socket.error().code != EACCES) return socket;
  constexpr std::string_view kEnd = ".sock";
  for (const std::string_view group : {"-admin", "-read"}) {
    auto apart = ipc::ControlSocket::Connect(path.substr(0, path.size() - kEnd.size()) +
                                             std::string(group) + std::string(kEnd));
    if (apart) return apart;
  }
  return socket;
}

// We print what that process sends, and rely on it to do what we ask.
Result<> CheckHolder(int fd, const std::string& socket_path) {
  ucred holder{};
  socklen_t size = sizeof holder;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size) < 0)
    return FailErrno("cannot find out who holds the control socket");
  struct stat folder{};
  if (::stat(socket_path.substr(0, socket_path.rfind('/')).c_str(), &folder) < 0)
    return FailErrno("cannot look at the control socket's folder");
  if (holder.uid == 0 || holder.uid == ::geteuid() || holder.uid == folder.st_uid) return {};
  return Fail("its control socket is held by uid " + std::to_string(holder.uid) +
              ", which does not own the folder");
}

Result<> WaitReadable(int fd, TimePoint until) {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Now()).count();
    pollfd wait{fd, POLLIN, 0};
    int ready = poll(&wait, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
    if (ready > 0) return {};
    // One call waits for less than a month.
    if (ready == 0 && Now() >= until) return Fail("no answer in time", ETIMEDOUT);
    if (ready < 0 && errno != EINTR) return FailErrno("cannot wait for the answer");
  }
}

}  // namespace

std::string AuthdSocket(const Options& options) { return options.RunPath("authd.sock"); }

std::string SctpdSocket(const Options& options) { return options.RunPath("sctpd.sock"); }

std::string EdgeSocket(const Options& options, std::string_view service) {
  return options.RunPath("edge/" + std::string(service) + "/control.sock");
}

Result<Talk> Talk::Connect(const std::string& socket_path) {
  auto socket = ConnectToAny(socket_path);
  if (!socket) return ConnectFailed(socket.error());
  TRY(CheckHolder(socket->fd(), socket_path));
  return Talk(*std::move(socket));
}

Result<> Talk::Send(std::string name, std::vector<std::string> arguments) {
  ++request_;
  last_ = false;
  return socket_.Send(
      ipc::Serialize(ipc::Command{request_, std::move(name), std::move(arguments)}));
}

Result<> Talk::SendWithSocket(std::string name, std::vector<std::string> arguments,
                              UniqueFd socket) {
  ++request_;
  last_ = false;
  return socket_.Send(
      ipc::Serialize(ipc::CommandWithSocket{{request_, std::move(name), std::move(arguments)}}),
      std::move(socket));
}

Result<std::optional<std::string>> Talk::Next(TimePoint until) {
  while (!last_) {
    TRY(WaitReadable(socket_.fd(), until));
    auto received = socket_.Receive();
    if (!received)
      return Fail("it ended or closed the connection before it had answered", ECONNRESET);
    if (!*received) continue;
    auto reply = TRY(ipc::Parse<ipc::CommandReply>((*received)->packet.view()));
    if (reply.request < request_) continue;
    if (reply.request > request_) return Fail("an answer to a question we did not ask");
    last_ = reply.kind != ipc::ReplyKind::kMore;
    if (reply.kind == ipc::ReplyKind::kFailed)
      return Fail(EscapeForLog(AsText(reply.text), ipc::kMaxTextSize));
    return std::optional<std::string>(AsText(reply.text));
  }

  return std::optional<std::string>();
}

Result<std::string> Talk::Answer(TimePoint until) {
  std::string whole;
  for (;;) {
    std::optional<std::string> piece = TRY(Next(until));
    if (!piece) return whole;
    if (whole.size() + piece->size() > kMaxAnswerBytes) return Fail("the answer is too large");
    whole += *piece;
  }
}

Result<std::string> Talk::Ask(std::string name, std::vector<std::string> arguments,
                              std::chrono::milliseconds deadline) {
  TimePoint until = Now() + deadline;
  TRY(Send(std::move(name), std::move(arguments)));
  return Answer(until);
}

Result<std::string> Ask(const Question& question, std::chrono::milliseconds deadline) {
  return std::move(AskAll({question}, deadline).front());
}

std::vector<Result<std::string>> AskAll(const std::vector<Question>& questions,
                                        std::chrono::milliseconds deadline) {
  TimePoint until = Now() + deadline;
  std::vector<Result<Talk>> talks;
  for (const Question& question : questions) {
    talks.push_back(Talk::Connect(question.socket_path));
    if (!talks.back()) continue;
    auto sent = talks.back()->Send(question.command, question.arguments);
    if (!sent) talks.back() = std::unexpected(sent.error());
  }

  std::vector<Result<std::string>> answers;
  for (auto& talk : talks) {
    if (talk) {
      answers.push_back(talk->Answer(until));
    } else {
      answers.push_back(std::unexpected(talk.error()));
    }
  }

  return answers;
}

}  // namespace funnel::ctl
