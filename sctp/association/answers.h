// Control chunks that only answer something; they are written before the packet that carries them.
// An answer that does not fit any more is lost, as that packet could be.
//
// Owned by the association.
#pragma once

#include "common/base/bytes.h"
#include "sctp/wire/cause.h"
#include "sctp/wire/chunk.h"

namespace sctp {

class Answers {
 public:
  // How much is reported of what was not understood.
  static constexpr std::size_t kMostReportBytes = 256;
  // A peer that asks for more than this at once gets no more.
  static constexpr std::size_t kMost = 1200;

  // ROOM is what one packet has for answers.
  void Add(ChunkType type, std::uint8_t flags, ByteView body, std::size_t room);
  // Adds an ERROR with CAUSE, of at most kMostReportBytes.
  void Report(CauseCode cause, ByteView value, std::size_t room);
  void Clear() { chunks_.clear(); }
  // Drops all except a COOKIE ACK that is the first: if an association is refused that some peers'
  // SCTP does not know to be up, that SCTP tells nobody the reason.
  void KeepCookieAckOnly();
  // Writes them into the packet, if they fit.
  void Write(BufferWriter& out);

  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return chunks_.size(); }

 private:
  Bytes chunks_;
};

}  // namespace sctp
