#include "funnel-exec/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

namespace funnel::exec {
namespace {

constexpr std::size_t kControlRead = 4096;

int Of(const ipc::FlowFds& flows, wire::CommandPart part) {
  return flows[static_cast<std::size_t>(part)].get();
}

// How much a pipe holds; a terminal holds less.
std::uint64_t CapacityOf(int fd) {
  constexpr int kOfTerminal = 64 * 1024;
  const int size = ::fcntl(fd, F_GETPIPE_SZ);
  return static_cast<std::uint64_t>(size > 0 ? size : kOfTerminal);
}

}  // namespace

Relay::Relay(Child child, const ipc::FlowFds& flows, std::chrono::milliseconds kill_after)
    : child_(std::move(child)),
      control_(Of(flows, wire::CommandPart::kControl)),
      kill_after_(kill_after),
      input_(Of(flows, wire::CommandPart::kStdio), child_.input.get()),
      output_{.copy = {child_.output.get(), Of(flows, wire::CommandPart::kStdio)}},
      errors_{.copy = {child_.errors.get(), Of(flows, wire::CommandPart::kStderr)},
              .drained = !child_.errors} {
  if (child_.has_terminal()) control_out_ = command::Serialize(command::HasTerminal{});
}

Relay::Outcome Relay::Run() {
  while (!done()) {
    Move();
    if (!done()) Wait();
  }

  // There is no status if the client's absence ended it.
  if (!ended_) {
    child_.Kill(SIGKILL);
    ended_ = child_.TakeStatus();
  }
  return {*ended_, lost_, input_.bytes(), output_.copy.bytes(), errors_.copy.bytes()};
}

bool Relay::done() const {
  if (!lost_.empty()) return ended_ || Now() >= kill_at_;
  return left_;
}

void Relay::Wait() {
  const auto control = static_cast<short>(POLLIN | (control_out_.empty() ? 0 : POLLOUT));
  const int none = -1;
  const auto watched = [&](int fd, short events) {
    return pollfd{events == 0 ? none : fd, events, 0};
  };
  const bool lost = !lost_.empty();
  // What a client that has gone would have got is read and dropped by nobody: the command may
  // block.
  std::array<pollfd, 8> all{
      watched(control_, lost ? short{0} : control),
      watched(child_.watch(), ended_ ? short{0} : short{POLLIN}),
      watched(input_.from(),
              lost || !(child_.input || status_sent_) ? short{0} : input_.from_events()),
      watched(input_.to(), lost || !child_.input ? short{0} : input_.to_events()),
      watched(output_.copy.from(), lost || output_.drained ? short{0} : output_.copy.from_events()),
      watched(output_.copy.to(), lost ? short{0} : output_.copy.to_events()),
      watched(errors_.copy.from(), lost || errors_.drained ? short{0} : errors_.copy.from_events()),
      watched(errors_.copy.to(), lost ? short{0} : errors_.copy.to_events()),
  };

  int timeout = -1;
  if (kill_at_ != TimePoint::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(kill_at_ - Now()).count();
    timeout = static_cast<int>(std::max<std::int64_t>(left, 0));
  }
  (void)::poll(all.data(), all.size(), timeout);
}

void Relay::Move() {
  if (!ended_) {
    pollfd exit{child_.watch(), POLLIN, 0};
    if (::poll(&exit, 1, 0) == 1) TakeStatus();
  }
  if (!lost_.empty()) return;

  ReadControl();
  if (!lost_.empty() || left_) return;
  MoveInput();
  if (!lost_.empty()) return;
  if (!output_.drained) (void)output_.copy.Read();
  output_.copy.Write();
  if (!errors_.drained) (void)errors_.copy.Read();
  errors_.copy.Write();
  // The client ends none of them before it has the status; then it ends them in any order.
  const bool flow_ended = input_.ended() || output_.copy.unwanted() || errors_.copy.unwanted();
  if (flow_ended && !(status_sent_ && control_out_.empty()))
    Lose("a flow has ended before the command");

  if (ended_ && lost_.empty()) {
    Drain(output_);
    Drain(errors_);
    const bool flushed = output_.copy.flushed() && errors_.copy.flushed();
    if (output_.drained && errors_.drained && flushed && !status_sent_) SendStatus();
  }
  WriteControl();
}

// Whatever is not in the pipe by now, or has been, is not the command's.
void Relay::TakeStatus() {
  ended_ = child_.TakeStatus();
  for (Output* output : {&output_, &errors_})
    output->limit = output->copy.bytes() + CapacityOf(output->copy.from());
}

// A process that the command has left behind may keep a pipe open, and write on.
void Relay::Drain(Output& output) {
  while (!output.drained && output.copy.flushed()) {
    output.drained = !output.copy.Read() || output.copy.bytes() >= output.limit;
    output.copy.Write();
  }
}

void Relay::SendStatus() {
  using command::Status;
  const auto how = ended_->by_signal ? Status::How::kSignalled : Status::How::kExited;
  const Bytes status = command::Serialize(Status{.how = how,
                                                 .value = static_cast<std::uint8_t>(ended_->value),
                                                 .output_bytes = output_.copy.bytes(),
                                                 .error_bytes = errors_.copy.bytes()});
  control_out_.insert(control_out_.end(), status.begin(), status.end());
  status_sent_ = true;
  // What the client still sends is read, but nobody is there for it.
  input_.Disown();
  child_.input.reset();
}

void Relay::ReadControl() {
  std::uint8_t buffer[kControlRead];
  for (;;) {
    const ssize_t size = ::recv(control_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    // Either has it all, or knows how much of it is missing.
    left_ = size <= 0 && status_sent_ && control_out_.empty();
    if (left_) return;
    if (size <= 0) return Lose("the client has gone, or the link to it");
    reader_.Add(ByteView(buffer, static_cast<std::size_t>(size)));

    command::ControlMessage message;
    for (;;) {
      const auto whole = reader_.Next(message);
      if (!whole) return Lose(whole.error().message);
      if (!*whole) break;
      Heed(message);
      if (!lost_.empty()) return;
    }
  }
}

void Relay::Heed(const command::ControlMessage& message) {
  if (const auto* end = std::get_if<command::InputEnd>(&message)) {
    if (input_size_) return Lose("the client ends its input twice");
    input_size_ = end->bytes;
  } else if (const auto* signal = std::get_if<command::Signal>(&message)) {
    child_.Kill(signal->number);
  } else if (const auto* resize = std::get_if<command::Resize>(&message)) {
    child_.Resize(resize->size);
  } else if (!std::holds_alternative<command::Skipped>(message)) {
    Lose("the client sends what only this end may");
  }
}

void Relay::MoveInput() {
  if (status_sent_) {
    while (input_.Read()) continue;
    return;
  }
  if (!child_.input) return;
  (void)input_.Read();
  input_.Write();
  if (!input_size_) return;
  if (input_.bytes() > *input_size_) return Lose("the client sends more than it says");
  if (input_.bytes() == *input_size_ && input_.flushed()) child_.EndInput();
}

void Relay::WriteControl() {
  while (!control_out_.empty()) {
    const ssize_t size =
        ::send(control_, control_out_.data(), control_out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) return Lose("the client has gone, or the link to it");
    control_out_.erase(control_out_.begin(), control_out_.begin() + size);
  }
}

void Relay::Lose(std::string why) {
  if (!lost_.empty()) return;
  lost_ = std::move(why);
  control_out_.clear();
  child_.HangUp();
  kill_at_ = Now() + kill_after_;
}

}  // namespace funnel::exec
