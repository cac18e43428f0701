// An edge's end of one channel socket on the loop: frames in, frames out, flushed at the end of the
// turn.
//
// Owned by whoever is its handler (a ChannelKeeper, then an EdgeChannel). Destroying it closes the
// socket, which sctpd takes for the edge's death unless CLOSED went before; not from inside
// OnFrame.
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
    // One frame of any type but LINK_END; FRAME includes the header and may be changed in place.
    virtual void OnFrame(const wire::FrameHeader& header, MutableByteView frame) = 0;
    // After all frames; once, the last call. The link may be destroyed.
    virtual void OnLinkLost(const LinkLoss& loss) = 0;
    // End of a turn in which a flush was requested: fill writer() now. The link sends it after.
    virtual void OnFlush() = 0;
    // The frames that wait were sent as far as the socket takes them. The link may be destroyed.
    virtual void OnFlushed() {}
  };

  // Takes no input before Resume().
  [[nodiscard]] static Result<std::unique_ptr<ChannelLink>> Create(event::Loop& loop,
                                                                   ipc::ReadBuffer& buffer,
                                                                   UniqueFd fd, Handler& handler);
  ~ChannelLink();

  void set_handler(Handler& handler) { handler_ = &handler; }
  // Nothing of it reaches the handler any more: for who gives it up from inside a call of its,
  // where it cannot be destroyed.
  void Abandon();
  // Input waits, from within OnFrame too.
  void Pause();
  void Resume();

  [[nodiscard]] ipc::FrameWriter& writer() { return writer_; }
  void Send(wire::FrameType type, ChannelId channel, ByteView body);
  void SendNote(const ipc::Note& note);
  void RequestFlush() { hook_->Request(); }
  // Units that were no frames, since the last call.
  [[nodiscard]] std::uint64_t TakeMalformed() { return std::exchange(malformed_, 0); }
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  // What may wait towards sctpd before the channel itself keeps it, where datagrams can still
  // expire.
  static constexpr std::size_t kWriterLimit = 256 * 1024;

  ChannelLink(ipc::ReadBuffer& buffer, UniqueFd fd, Handler& handler);
  void OnReady(std::uint32_t events);
  // Hands over all frames that are there, as far as the handler is not paused.
  void Drain();
  // One unit of the socket: a frame for the handler, LINK_END, or malformed. False: paused.
  bool OnUnit(MutableByteView frame);
  // The handler fills the writer, and the socket takes what it can.
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
  std::unique_ptr<event::Timer> resume_;  // what was held while paused
  std::unique_ptr<event::IoWatch> watch_;
  // Cleared by the destructor.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace funnel::service
