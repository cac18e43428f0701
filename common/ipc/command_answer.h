// Where the answer to one command goes. The command's handler keeps it until it has finished or
// failed it; when the asker goes first, writing does nothing any more.
//
// Thread: the loop's. It is shared only so that callbacks can hold it. If it is dropped unfinished,
// the asker gets an error.
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

  // Reports to the asker that the command is taken up, before what takes a while: an empty piece of
  // the answer. An asker who does not need the outcome may go then.
  void TakeUp() { Send(ReplyKind::kMore, {}); }
  // A piece of the answer, sent at once.
  void Write(std::string_view text);
  // The rest of it. Nothing may be written after this or Fail().
  void Finish(std::string_view text);
  void Fail(std::string_view why);

  // Finished, or the asker has gone.
  [[nodiscard]] bool over() const { return connection_ == nullptr; }
  [[nodiscard]] std::uint32_t request() const { return request_; }
  // What the asker has not read yet, as far as it waits in this process.
  [[nodiscard]] std::size_t queued_bytes() const;
  // Called when the asker goes before the answer is finished; may drop this answer.
  void set_on_gone(std::function<void()> on_gone) { on_gone_ = std::move(on_gone); }

  // By the connection's owner, when it is over.
  void Detach();

 private:
  void Send(ReplyKind kind, std::string_view text);

  ControlConnection* connection_;
  const std::uint32_t request_;
  std::function<void()> on_gone_;
};

using SharedAnswer = std::shared_ptr<CommandAnswer>;

}  // namespace funnel::ipc
