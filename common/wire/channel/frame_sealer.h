// The outside of a channel's frames as they go: how much fits in one, its headers, and the seal of
// the present epoch. Owned by the channel. What is inside is the packer's (frame_packer.h).
//
// Begin() -> append records to plain() -> Seal() with plain() as the first of the pieces.
#pragma once

#include <chrono>
#include <span>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/epochs.h"
#include "common/wire/frame/frame_sink.h"
#include "common/wire/session/session.h"

namespace funnel::wire {

class FrameSealer {
 public:
  // Both outlive it.
  FrameSealer(ChannelContext& context, Epochs& epochs) : context_(context), epochs_(epochs) {}

  // An acceptor seals nothing before it has opened a frame of the initiator's.
  [[nodiscard]] bool CanSeal() const;
  // Whether the first frame of our epoch has yet to go out: it carries CONFIRM, reliably.
  [[nodiscard]] bool MustAnnounceEpoch() const { return epochs_.current().next_sequence == 0; }

  // --- sizes
  // What a frame takes besides its records (CONFIRM counts as overhead while it is repeated).
  [[nodiscard]] std::size_t FixedOverhead() const;
  // Room for records in a frame of one packet.
  [[nodiscard]] std::size_t SmallRoom() const;
  // The same of a bulk frame: as many whole packets as bulk_frame allows.
  [[nodiscard]] std::size_t BulkRoom() const;
  // A chunk of this size of SESSION becomes one bulk frame by itself.
  [[nodiscard]] std::size_t ChunkCapacity(const Session& session) const;

  // --- a frame
  // Starts plain() with room for the sealed header, and CONFIRM while the peer may not have seen
  // it.
  void Begin();
  [[nodiscard]] Bytes& plain() { return plain_; }
  // Seals PIECES, the first of which is plain(), into OUT and commits it. LIFETIME 0: the frame is
  // reliable. An error: the channel must end.
  [[nodiscard]] Result<> Seal(FrameSink& sink, MutableByteView out,
                              std::chrono::milliseconds lifetime, std::span<const ByteView> pieces);

 private:
  [[nodiscard]] std::size_t SealOverhead() const;
  void Trace(std::size_t plain_size, std::uint32_t lifetime_ms, std::span<const ByteView> pieces);

  ChannelContext& context_;
  Epochs& epochs_;
  Bytes plain_;
};

}  // namespace funnel::wire
