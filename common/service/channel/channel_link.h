// An edge's end of one channel socket on the loop: reads and writes frames, and flushes them at the
// end of the turn.
//
// Owned by its handler (a ChannelKeeper, then an EdgeChannel). Its destruction closes the socket,
// which sctpd takes for the edge's death unless CLOSED was sent before; it must not be destroyed
// from inside OnFrame.
#pragma once

#include <memory>
#include <string>

#include "common/event/loop.h"
#include "common/ipc/frame_pipe.h"
#include "common/ipc/sctpd_messages.h"
#include "common/wire/frame/frame.h"

namespace funnel::service {

// How a link came to its end.
struct LinkLoss {
  bool sctpd_gone = false;  // without LINK_END: sctpd died
  ipc::LinkEndCode code = ipc::LinkEndCode::kClosed;
  std::string text;
};

class ChannelLink {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // One frame of any type except LINK_END; FRAME includes the header and may be changed in place.
    virtual void OnFrame(const wire::FrameHeader& header, MutableByteView frame) = 0;
    // The last call, once, after all frames. It may destroy the link.
    virtual void OnLinkLost(const LinkLoss& loss) = 0;
    // The end of a turn in which a flush was requested: fill writer() now. The link sends it
    // afterwards.
    virtual void OnFlush() = 0;
    // The waiting frames were sent, as far as the socket took them. It may destroy the link.
    virtual void OnFlushed() {}
  };

  // Reads nothing before Resume().
  [[nodiscard]] static Result<std::unique_ptr<ChannelLink>> Create(event::Loop& loop,
                                                                   ipc::ReadBuffer& buffer,
                                                                   UniqueFd fd, Handler& handler);
  ~ChannelLink();

  void set_handler(Handler& handler) { handler_ = &handler; }
  // Afterwards nothing of the link reaches the handler: for an owner that gives it up from inside
  // one of its calls, where it cannot be destroyed.
  void Abandon();
  // Input waits until Resume(); may be called inside OnFrame.
  void Pause();
  void Resume();

  [[nodiscard]] ipc::FrameWriter& writer() { return writer_; }
  void Send(wire::FrameType type, ChannelId channel, ByteView body);
  void SendNote(const ipc::Note& note);
  void RequestFlush() { hook_->Request(); }
  // How many units were no frames, since the last call.
  [[nodiscard]] std::uint64_t TakeMalformed() { return std::exchange(malformed_, 0); }
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  // How much may wait here for sctpd. Beyond it the channel itself keeps the data, where datagrams
  // can still expire.
  static constexpr std::size_t kWriterLimit = 256 * 1024;

  ChannelLink(ipc::ReadBuffer& buffer, UniqueFd fd, Handler& handler);
  void OnReady(std::uint32_t events);
  // Gives the handler all frames that are there, until it pauses.
  void Drain();
  // Handles one unit of the socket: a frame for the handler, LINK_END, or a malformed one. False:
  // paused.
  bool OnUnit(MutableByteView frame);
  // Lets the handler fill the writer; the socket takes what it can.
  void Flush();
  // Reports the loss, once.
  void Lose();
  void UpdateEvents();

  ipc::ReadBuffer& buffer_;
  UniqueFd fd_;
  Handler* handler_;  // nullptr: abandoned
  ipc::FrameReader reader_;
  ipc::FrameWriter writer_{kWriterLimit};
  bool paused_ = true;
  bool lost_ = false;
  LinkLoss loss_{.sctpd_gone = true};
  std::uint64_t malformed_ = 0;
  std::unique_ptr<event::TurnHook> hook_;
  std::unique_ptr<event::Timer> resume_;  // delivers what was held while paused
  std::unique_ptr<event::IoWatch> watch_;
  // The destructor clears it.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace funnel::service
