// The inside of a relayed channel: two ends in memory, each the link of a channel on one
// association. What is appended at one end is read at the other, as if an edge between them had
// copied it. So a relayed channel is two ordinary channels, and this node can neither read nor
// change what it relays.
//
//   association with the peer before ── Channel ── RelayEnd ═══ RelayEnd ── Channel ── association
//                                       kConnect                            kListen     with the
//                                       next
//
// The time that a frame waits here is subtracted from its lifetime; when nothing is left the frame
// is dropped. Reliable frames are never dropped: whoever appends them watches pending_bytes() and
// closes the channel.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "funnel-sctpd/channel/frame_link.h"

namespace funnel::sctpd {

class RelayEnd;

// The ends with waiting input, and the size of all that waits. Owned by the ChannelTable; outlives
// the ends.
class RelayTurn {
 public:
  // WORK asks for a turn in which Run() is called; observers are called only inside Run().
  RelayTurn(std::function<TimePoint()> now, std::function<void()> work)
      : now_(std::move(now)), work_(std::move(work)) {}

  // Calls the observers of those with input. Ends may be destroyed inside these calls.
  void Run();

  // The memory that waiting frames use, as RelayEnd::CostOf counts it.
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  // Since the start: frames whose lifetime ended here, and frames that newer ones displaced.
  [[nodiscard]] std::uint64_t expired() const { return expired_; }
  [[nodiscard]] std::uint64_t displaced() const { return displaced_; }

 private:
  friend class RelayEnd;
  void Wake(RelayEnd& end);
  void Forget(RelayEnd& end);

  std::function<TimePoint()> now_;
  std::function<void()> work_;
  std::vector<RelayEnd*> awake_;
  std::vector<RelayEnd*> running_;
  std::size_t queued_bytes_ = 0;
  std::uint64_t expired_ = 0;
  std::uint64_t displaced_ = 0;
};

class RelayEnd final : public FrameLink {
 public:
  using Pair = std::pair<std::unique_ptr<RelayEnd>, std::unique_ptr<RelayEnd>>;
  // Frames that may expire use at most EXPIRING_BYTES of each end's queue; beyond that the oldest
  // is dropped.
  [[nodiscard]] static Pair CreatePair(RelayTurn& turn, FrameLinkObserver& observer,
                                       std::size_t expiring_bytes);
  ~RelayEnd() override;

  // What a waiting frame of that size costs in a queue: more than its bytes. Otherwise frames of
  // one byte would fill many times the memory that is allowed.
  [[nodiscard]] static constexpr std::size_t CostOf(std::size_t frame_bytes) {
    return frame_bytes + kOverheadBytes;
  }

  // FrameLink. Of the local frames, LINK_UP starts this end's input, and LINK_END gives the other
  // end the reason why this one goes; neither is passed on.
  [[nodiscard]] ipc::FrameReader::Status Drain(ipc::ReadBuffer& buffer,
                                               const OnFrame& on_frame) override;
  void WatchInput(bool watch) override;
  void Append(ByteView frame) override;
  void Append(wire::FrameType type, ChannelId channel, ByteView body) override;
  [[nodiscard]] bool Flush() override { return true; }
  [[nodiscard]] std::size_t pending_bytes() const override;
  [[nodiscard]] std::size_t pending_for_edge_bytes() const override { return 0; }
  // The other end keeps what is on its way to it.
  [[nodiscard]] bool loses_pending() const override { return false; }
  [[nodiscard]] const FrameLink* twin() const override { return twin_; }
  [[nodiscard]] std::string_view end_text() const override { return end_text_; }

 private:
  friend class RelayTurn;
  struct Waiting {
    Bytes frame;
    TimePoint since;
    std::uint32_t lifetime_ms = 0;  // 0: reliable
  };
  using Queue = std::list<Waiting>;
  // The node of a list, the allocator's own bytes and rounding for two allocations, and an entry of
  // expiring_.
  static constexpr std::size_t kOverheadBytes = sizeof(Waiting) + 2 * sizeof(void*) + 48;

  RelayEnd(RelayTurn& turn, FrameLinkObserver& observer, std::size_t expiring_bytes)
      : FrameLink(observer), turn_(turn), expiring_limit_(expiring_bytes) {}
  // FRAME comes from the other end.
  void Take(Bytes frame, std::uint32_t lifetime_ms);
  void PopFront();
  // Drops the oldest of the frames that may expire.
  void DisplaceOldest();
  // Takes WAITING out of the queue and off the sums.
  void Remove(Queue::iterator waiting);
  // False: its lifetime is over.
  [[nodiscard]] static bool Age(Waiting& waiting, TimePoint now);

  RelayTurn& turn_;
  const std::size_t expiring_limit_;
  RelayEnd* twin_ = nullptr;
  Queue input_;
  std::deque<Queue::iterator> expiring_;  // those with a lifetime, oldest first
  std::size_t input_bytes_ = 0;           // CostOf each
  std::size_t expiring_bytes_ = 0;
  std::string end_text_;
  bool watch_ = true;
  bool awake_ = false;
};

}  // namespace funnel::sctpd
