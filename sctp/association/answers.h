// Control chunks that only answer something, written before the packet that carries them. What does
// not fit any more is lost, as that packet could be.
//
// Owned by the association.
#pragma once

#include "common/base/bytes.h"
#include "sctp/wire/cause.h"
#include "sctp/wire/chunk.h"

namespace sctp {

class Answers {
 public:
  // Of what was not understood, and is reported.
  static constexpr std::size_t kMostReportBytes = 256;
  // Who asks for more than this at once gets no more.
  static constexpr std::size_t kMost = 1200;

  // ROOM: what one packet has for them.
  void Add(ChunkType type, std::uint8_t flags, ByteView body, std::size_t room);
  // An ERROR with CAUSE, of at most kMostReportBytes.
  void Report(CauseCode cause, ByteView value, std::size_t room);
  void Clear() { chunks_.clear(); }
  // Drops all but a COOKIE ACK that is the first: some peers' SCTP tells nobody why an association
  // was refused of which they do not know that it is up.
  void KeepCookieAckOnly();
  // Into the packet, if they fit.
  void Write(BufferWriter& out);

  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return chunks_.size(); }

 private:
  Bytes chunks_;
};

}  // namespace sctp
