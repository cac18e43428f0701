// One command at the far end, from this end: its three flows, our standard input, output and error,
// and the signals that we get, which are the command's.
//
// It is over when the status has come and all the bytes that it states were written. If anything is
// missing by then, the command counts as lost, whatever the status says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/command/control_message.h"
#include "common/command/control_reader.h"
#include "common/command/flow_copy.h"
#include "common/ipc/flow_descriptors.h"
#include "funnel-run/local_terminal.h"

namespace funnel::run {

// Exit statuses of our own; the command's own may be the same, but then nothing is said on standard
// error.
inline constexpr int kExitRefused = 254;    // nothing was started
inline constexpr int kExitLost = 255;       // what became of the command is not known
inline constexpr int kExitSignalled = 128;  // and the number of the signal that ended the command

// Our own ends, which are 0, 1 and 2.
struct LocalEnds {
  int input = 0;
  int output = 1;
  int errors = 2;
};

class Run {
 public:
  struct Outcome {
    int status = kExitLost;
    std::string error;  // for the user; empty: the status is the command's
  };

  // SIGNALS is a signalfd of those that are the command's; with TERMINAL, which the command may
  // have one for, of those about it, too. Without HAS_INPUT the command's input is empty. All of
  // them outlive it.
  Run(const ipc::FlowFds& flows, int signals, LocalEnds ends, bool has_input,
      LocalTerminal* terminal = nullptr);
  // What the far end is to know first, START last of it. When it returns, the terminal is as
  // before.
  [[nodiscard]] Outcome Go(Bytes start);

 private:
  void Wait();
  void Move();
  void ReadSignals();
  // What a signal means for our terminal.
  void OnTerminalSignal(int signal);
  void ReadControl();
  void WriteControl();
  void Heed(const command::ControlMessage& message);
  void Send(const Bytes& message);
  void EndInput();
  // The control flow has ended; what has come on the others is still written.
  void Lose(std::string why);
  // The far end does not follow the protocol: that is all.
  void Distrust(std::string why);
  // Sets the outcome if there is nothing to wait for.
  void Conclude();
  [[nodiscard]] bool has_all() const;

  const int control_, signals_;
  command::ControlReader reader_;
  Bytes control_out_;
  LocalTerminal* const terminal_;
  bool is_raw_ = false;  // the command has a terminal
  bool control_open_ = true;
  bool input_open_;
  command::FlowCopy input_, output_, errors_;
  std::optional<command::Status> status_;
  std::optional<Outcome> outcome_;
  std::string lost_;
};

}  // namespace funnel::run
