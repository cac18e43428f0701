#include "common/wire/channel/frame_sealer.h"

#include <algorithm>

#include "common/wire/frame/frame.h"

namespace funnel::wire {
namespace {

constexpr std::size_t kConfirmRecordSize = 1 + kConfirmSize;
// Never less room for records than this, whatever the budget says.
constexpr std::size_t kLeastRoom = 256;

std::size_t Rest(std::size_t whole, std::size_t part) {
  return whole > part + kLeastRoom ? whole - part : kLeastRoom;
}

}  // namespace

bool FrameSealer::CanSeal() const {
  return context_.role == Role::kInitiator || epochs_.current().peer_confirmed;
}

// --- sizes

std::size_t FrameSealer::SealOverhead() const {
  return kFrameHeaderSize + epochs_.current().keys.cipher->Overhead();
}

std::size_t FrameSealer::FixedOverhead() const {
  return SealOverhead() + kSealedHeaderSize +
         (epochs_.current().we_are_confirmed ? 0 : kConfirmRecordSize);
}

std::size_t FrameSealer::SmallRoom() const {
  return Rest(context_.settings.packet_budget, FixedOverhead());
}

std::size_t FrameSealer::BulkRoom() const {
  const ChannelSettings& settings = context_.settings;
  const std::size_t most = std::min(settings.bulk_frame, ChannelSettings::kMaxBulkFrame);
  const std::size_t packets = std::max<std::size_t>(1, most / settings.packet_budget);
  return Rest(packets * settings.packet_budget, FixedOverhead());
}

std::size_t FrameSealer::ChunkCapacity(const Session& session) const {
  const std::size_t room = BulkRoom();
  // The number that this chunk will have, give or take: it decides the size of its header.
  const MessageRecord probe{.order = Order::kOrdered,
                            .session = session.id,
                            .number = session.next_number + session.queue.size() / room + 1};
  return room - MessageHeaderSize(probe) - VarintSize(room) + VarintSize(0);
}

// --- a frame

void FrameSealer::Begin() {
  plain_.assign(kSealedHeaderSize, 0);
  if (!epochs_.current().we_are_confirmed)
    AppendRecord(plain_, ConfirmRecord{epochs_.current().keys.confirm});
}

// Joins what is sealed from where it lies. Only tracing pays for this copy.
void FrameSealer::Trace(std::size_t plain_size, std::uint32_t lifetime_ms,
                        std::span<const ByteView> pieces) {
  const EpochState& epoch = epochs_.current();
  Bytes plain;
  for (ByteView piece : pieces) plain.insert(plain.end(), piece.begin(), piece.end());
  context_.tracer->OnTracedFrame({.outgoing = true,
                                  .reliable = lifetime_ms == 0,
                                  .epoch = epoch.number,
                                  .sequence = epoch.next_sequence,
                                  .size = plain_size,
                                  .lifetime_ms = lifetime_ms},
                                 ByteView(plain).subspan(kSealedHeaderSize));
}

Result<> FrameSealer::Seal(FrameSink& sink, MutableByteView out, std::chrono::milliseconds lifetime,
                           std::span<const ByteView> pieces) {
  const bool reliable = lifetime.count() == 0;
  EpochState& epoch = epochs_.current();
  std::size_t plain_size = 0;
  for (ByteView piece : pieces) plain_size += piece.size();
  const std::size_t size = plain_size + SealOverhead();

  const SealedHeader header{.reliable = reliable,
                            .confirmed = epoch.peer_confirmed,
                            .reliable_before = epoch.reliable_sent,
                            .sequence = epoch.next_sequence};
  header.Serialize(std::span(plain_).first<kSealedHeaderSize>());
  const auto lifetime_ms = static_cast<std::uint32_t>(lifetime.count());
  FrameHeader{.type = FrameType::kSealed,
              .epoch = epoch.number,
              .channel = context_.id,
              .lifetime_ms = lifetime_ms}
      .Serialize(out.first<kFrameHeaderSize>());
  if (context_.tracer != nullptr) Trace(plain_size, lifetime_ms, pieces);

  if (epoch.reliable_sent == kMaxReliableFrames) return Fail("an epoch is used up");

  // Even if the frame is lost here, its sequence is never sealed again: the nonce is made from it.
  const std::uint64_t sequence = epoch.next_sequence++;
  TRY(epoch.keys.cipher->Seal(sequence, pieces,
                              out.subspan(kFrameHeaderSize, size - kFrameHeaderSize)));

  if (reliable) ++epoch.reliable_sent;
  ++epoch.frames;
  epoch.bytes += plain_size;
  ++context_.stats.frames_sent;
  sink.Commit(size);
  return {};
}

}  // namespace funnel::wire
