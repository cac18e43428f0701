#include "funnel-run/run.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace funnel::run {
namespace {

constexpr std::size_t kControlRead = 4096;
// Signals that wait for a control flow that is not read; what comes beyond is dropped.
constexpr std::size_t kMaxControlOut = 64 * 1024;

int Of(const ipc::FlowFds& flows, wire::CommandPart part) {
  return flows[static_cast<std::size_t>(part)].get();
}

// A pipe or a terminal takes no more without blocking than poll(2) promises.
std::size_t AtOnce(int fd) {
  struct stat facts{};
  const bool is_file = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
  return is_file ? command::FlowCopy::kBuffer : std::size_t{PIPE_BUF};
}

}  // namespace

Run::Run(const ipc::FlowFds& flows, int signals, LocalEnds ends, bool has_input,
         LocalTerminal* terminal)
    : control_(Of(flows, wire::CommandPart::kControl)),
      signals_(signals),
      terminal_(terminal),
      input_open_(has_input),
      input_(ends.input, Of(flows, wire::CommandPart::kStdio)),
      output_(Of(flows, wire::CommandPart::kStdio), ends.output, AtOnce(ends.output)),
      errors_(Of(flows, wire::CommandPart::kStderr), ends.errors, AtOnce(ends.errors)) {}

Run::Outcome Run::Go(Bytes start) {
  control_out_ = std::move(start);
  if (!input_open_) Send(command::Serialize(command::InputEnd{0}));
  while (!outcome_) {
    Move();
    Conclude();
    if (!outcome_) Wait();
  }
  if (terminal_ != nullptr) terminal_->Restore();
  return *outcome_;
}

void Run::Wait() {
  const auto control = static_cast<short>(POLLIN | (control_out_.empty() ? 0 : POLLOUT));
  const auto watched = [](int fd, short events) {
    return pollfd{events == 0 ? -1 : fd, events, 0};
  };
  std::array<pollfd, 8> all{
      watched(signals_, POLLIN),
      watched(control_, control_open_ ? control : short{0}),
      watched(input_.from(), input_open_ ? input_.from_events() : short{0}),
      watched(input_.to(), input_open_ ? input_.to_events() : short{0}),
      watched(output_.from(), output_.from_events()),
      watched(output_.to(), output_.to_events()),
      watched(errors_.from(), errors_.from_events()),
      watched(errors_.to(), errors_.to_events()),
  };
  (void)::poll(all.data(), all.size(), /*timeout=*/-1);

  // What is not a socket blocks unless poll(2) has said that it takes, or has, something.
  if (all[2].revents != 0) (void)input_.Read();
  if (all[5].revents != 0) output_.Write();
  if (all[7].revents != 0) errors_.Write();
}

void Run::Move() {
  ReadSignals();
  if (control_open_) ReadControl();
  if (input_open_) {
    input_.Write();
    EndInput();
  }
  (void)output_.Read();
  (void)errors_.Read();
  if (control_open_) WriteControl();
}

void Run::EndInput() {
  if (!input_.unwanted() && !(input_.ended() && input_.flushed())) return;
  input_open_ = false;
  Send(command::Serialize(command::InputEnd{input_.bytes()}));
}

void Run::Send(const Bytes& message) {
  if (control_out_.size() + message.size() > kMaxControlOut + command::kMaxControlBody) return;
  control_out_.insert(control_out_.end(), message.begin(), message.end());
}

void Run::ReadSignals() {
  signalfd_siginfo got{};
  while (::read(signals_, &got, sizeof got) == static_cast<ssize_t>(sizeof got)) {
    const auto number = static_cast<std::uint8_t>(got.ssi_signo);
    if (command::IsPassedOn(number)) Send(command::Serialize(command::Signal{number}));
    if (terminal_ != nullptr) OnTerminalSignal(number);
  }
}

void Run::OnTerminalSignal(int signal) {
  if (signal == SIGWINCH) {
    Send(command::Serialize(command::Resize{terminal_->size()}));
  } else if (signal == SIGTSTP) {
    // ^Z is the command's; this came from somewhere else. Others use the terminal meanwhile.
    terminal_->Restore();
    (void)::raise(SIGSTOP);
  } else if (signal == SIGCONT) {
    if (is_raw_) terminal_->MakeRaw();
    Send(command::Serialize(command::Resize{terminal_->size()}));
  }
}

void Run::ReadControl() {
  std::uint8_t buffer[kControlRead];
  for (;;) {
    const ssize_t size = ::recv(control_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return Lose("the link to it was lost before it ended, or there is none");
    reader_.Add(ByteView(buffer, static_cast<std::size_t>(size)));

    command::ControlMessage message;
    for (;;) {
      const auto whole = reader_.Next(message);
      if (!whole) return Distrust(whole.error().message);
      if (!*whole) break;
      Heed(message);
      if (outcome_) return;
    }
  }
}

void Run::Heed(const command::ControlMessage& message) {
  if (const auto* refused = std::get_if<command::Refused>(&message)) {
    if (!status_) outcome_ = Outcome{kExitRefused, refused->text};
  } else if (const auto* status = std::get_if<command::Status>(&message)) {
    if (!status_) status_ = *status;
  } else if (std::holds_alternative<command::HasTerminal>(message) && terminal_ != nullptr) {
    is_raw_ = true;
    terminal_->MakeRaw();
  } else if (!std::holds_alternative<command::Skipped>(message)) {
    Distrust("the far end sends what only this end may");
  }
}

void Run::WriteControl() {
  while (!control_out_.empty()) {
    const ssize_t size =
        ::send(control_, control_out_.data(), control_out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;  // if it is over, its end is read
    control_out_.erase(control_out_.begin(), control_out_.begin() + size);
  }
}

void Run::Distrust(std::string why) {
  if (!outcome_) outcome_ = Outcome{kExitLost, std::move(why)};
}

void Run::Lose(std::string why) {
  control_open_ = false;
  if (!status_ && lost_.empty()) lost_ = std::move(why);
}

bool Run::has_all() const {
  return output_.bytes() == status_->output_bytes && errors_.bytes() == status_->error_bytes;
}

void Run::Conclude() {
  if (outcome_) return;
  const bool flushed = output_.flushed() && errors_.flushed();
  if (status_ && has_all() && flushed) {
    const bool by_signal = status_->how == command::Status::How::kSignalled;
    outcome_ = Outcome{(by_signal ? kExitSignalled : 0) + status_->value, ""};
    return;
  }

  // What has come is written even if more is missing.
  const bool ended = output_.ended() && errors_.ended() && flushed;
  const bool too_much = status_ && (output_.bytes() > status_->output_bytes ||
                                    errors_.bytes() > status_->error_bytes);
  if (!too_much && !(ended && (status_ || !control_open_))) return;
  outcome_ = Outcome{kExitLost, lost_.empty() ? "what it wrote has not arrived whole" : lost_};
}

}  // namespace funnel::run
