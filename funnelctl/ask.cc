#include "funnelctl/ask.h"

#include <poll.h>

#include <algorithm>
#include <cstring>

#include "common/base/clock.h"
#include "common/ipc/control_socket.h"
#include "common/ipc/status_messages.h"

namespace funnel::ctl {
namespace {

constexpr std::uint32_t kRequest = 1;

// Why connecting failed, without the path that our caller names anyway.
std::unexpected<Error> ConnectFailed(const Error& error) {
  if (error.code == ENOENT) return Fail("there is no control socket", error.code);
  if (error.code == ECONNREFUSED) return Fail("nobody holds its control socket", error.code);
  if (error.code == EACCES) return Fail("we may not connect to its control socket", error.code);
  return Fail(error.code == 0 ? error.message : std::strerror(error.code), error.code);
}

Result<ipc::ControlSocket> SendQuestion(const std::string& path) {
  auto socket = ipc::ControlSocket::Connect(path);
  if (!socket) return ConnectFailed(socket.error());
  TRY(socket->Send(ipc::Serialize(ipc::Status{kRequest})));
  return socket;
}

Result<void> WaitReadable(int fd, TimePoint until) {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Now()).count();
    pollfd wait{fd, POLLIN, 0};
    int ready = poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return {};
    if (ready == 0) return Fail("no answer in time");
    if (errno != EINTR) return FailErrno("cannot wait for the answer");
  }
}

// Appends one chunk; whether it was the last.
Result<bool> TakeChunk(ByteView packet, std::string& json) {
  auto reply = TRY(ipc::Parse<ipc::StatusReply>(packet));
  if (reply.request != kRequest) return Fail("an answer to a question we did not ask");
  if (json.size() + reply.json.size() > kMaxAnswerBytes) return Fail("the answer is too large");
  json += AsText(reply.json);
  return !reply.more;
}

Result<std::string> ReadAnswer(ipc::ControlSocket& socket, TimePoint until) {
  std::string json;
  for (;;) {
    TRY(WaitReadable(socket.fd(), until));
    auto received = socket.Receive();
    // A daemon refuses us by closing, without words.
    if (!received)
      return Fail("it closed the connection (may we ask? see read-group in funnel.conf)");
    if (!*received) continue;
    if (TRY(TakeChunk((*received)->packet.view(), json))) return json;
  }
}

}  // namespace

std::vector<Result<std::string>> AskStatus(const std::vector<std::string>& paths,
                                           std::chrono::milliseconds deadline) {
  TimePoint until = Now() + deadline;
  std::vector<Result<ipc::ControlSocket>> sockets;
  for (const std::string& path : paths) sockets.push_back(SendQuestion(path));
  std::vector<Result<std::string>> answers;
  for (auto& socket : sockets) {
    if (socket) {
      answers.push_back(ReadAnswer(*socket, until));
    } else {
      answers.push_back(std::unexpected(socket.error()));
    }
  }
  return answers;
}

}  // namespace funnel::ctl
