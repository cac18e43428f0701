// Carries a running command's flows: between its pipes, or its terminal, and the sockets whose
// other ends its edge has. It gives the status only when all that the command wrote is in those
// sockets, and counts it, so that the client can tell whether it has all. Then it waits for the
// client to go: sockets in which something lies unread are closed with an error, by which what was
// sent could be lost.
//
// A command whose client has gone before that, or is not understood, gets SIGHUP, and SIGKILL
// kill-after later.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/command/control_message.h"
#include "common/command/control_reader.h"
#include "common/command/flow_copy.h"
#include "common/ipc/flow_descriptors.h"
#include "funnel-exec/child.h"

namespace funnel::exec {

class Relay {
 public:
  struct Outcome {
    Child::Ended ended;
    std::string lost;  // why the client did not get the status; empty: it did
    std::uint64_t input_bytes = 0, output_bytes = 0, error_bytes = 0;
  };

  // FLOWS outlive it.
  Relay(Child child, const ipc::FlowFds& flows, std::chrono::milliseconds kill_after);
  // Returns when the command has ended and the client has gone.
  [[nodiscard]] Outcome Run();

 private:
  // What the command writes.
  struct Output {
    command::FlowCopy copy;
    bool drained = false;              // all that the command wrote has been read
    std::uint64_t limit = UINT64_MAX;  // there is no more of that; known once it has ended
  };

  // Waits until something can go on.
  void Wait();
  // Moves what can be moved.
  void Move();
  void ReadControl();
  void WriteControl();
  void Heed(const command::ControlMessage& message);
  // The command sees the end of its input as soon as all of it has been passed on.
  void MoveInput();
  // The command has ended.
  void TakeStatus();
  // After that: takes what still is in its pipe.
  static void Drain(Output& output);
  void SendStatus();
  // The control flow has ended, or is not understood: the client has gone.
  void Lose(std::string why);
  [[nodiscard]] bool done() const;

  Child child_;
  const int control_;
  const std::chrono::milliseconds kill_after_;
  command::ControlReader reader_;
  Bytes control_out_;
  command::FlowCopy input_;
  Output output_, errors_;
  std::optional<std::uint64_t> input_size_;  // as the client has said
  std::optional<Child::Ended> ended_;
  bool status_sent_ = false;  // it is in control_out_, or has left that
  bool left_ = false;         // the client has gone after that
  std::string lost_;
  TimePoint kill_at_ = TimePoint::max();
};

}  // namespace funnel::exec
