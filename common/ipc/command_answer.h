// The answer to one command, where it is written. The command's handler keeps it until it has
// finished or failed it; if the client goes first, writing does nothing any more.
//
// Thread: the loop's. It is shared only so that callbacks can keep it. If it is dropped unfinished,
// the client gets an error.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/ipc/command_messages.h"
#include "common/ipc/control_connection.h"

namespace funnel::ipc {

class CommandAnswer {
 public:
  CommandAnswer(ControlConnection& connection, std::uint32_t request)
      : connection_(&connection), request_(request) {}
  ~CommandAnswer();
  CommandAnswer(const CommandAnswer&) = delete;
  CommandAnswer& operator=(const CommandAnswer&) = delete;

  // Reports to the client that the command has begun, before something slow: an empty piece of the
  // answer. A client that does not need the outcome may go then.
  void TakeUp() { Send(ReplyKind::kMore, {}); }
  // Sends a piece of the answer at once.
  void Write(std::string_view text);
  // Sends the rest. Nothing may be written after this or Fail().
  void Finish(std::string_view text);
  void Fail(std::string_view why);

  // It is finished, or the client has gone.
  [[nodiscard]] bool over() const { return connection_ == nullptr; }
  [[nodiscard]] std::uint32_t request() const { return request_; }
  // How much the client has not read yet, as far as it waits in this process.
  [[nodiscard]] std::size_t queued_bytes() const;
  // Called if the client goes before the answer is finished; may drop this answer.
  void set_on_gone(std::function<void()> on_gone) { on_gone_ = std::move(on_gone); }

  // The connection's owner calls it when the connection is over.
  void Detach();

 private:
  void Send(ReplyKind kind, std::string_view text);

  ControlConnection* connection_;
  const std::uint32_t request_;
  std::function<void()> on_gone_;
};

using SharedAnswer = std::shared_ptr<CommandAnswer>;

}  // namespace funnel::ipc
