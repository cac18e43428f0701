// Chunks in the form that scripts use: "DATA tsn=3 stream=1 ssn=0 bytes=10 B E". The first word is
// the name, the others are fields; a flag is a field without a value.
//
// Numbers that a side chooses at random are counted from its first one: the subject's TSNs count
// from 1. The tester's are those of its INIT.
#pragma once

#include <map>
#include <string>

#include "common/base/error.h"
#include "sctp/wire/chunk.h"

namespace sctp::testing {

struct ChunkText {
  std::string name;
  std::map<std::string, std::string> fields;
};

// What both sides have sent so far, as far as later packets depend on it.
struct Dialogue {
  VerificationTag tester_tag{0x7e57e7}, subject_tag;
  // From the tester's last INIT, until a COOKIE ECHO makes it the tag of the association.
  VerificationTag init_tag = tester_tag;
  Tsn subject_tsn;  // its first one
  Bytes cookie;     // the last one that the subject sent
  Bytes info;       // of its last HEARTBEAT

  // Reads a packet that the subject sent.
  void Learn(const ChunkView& chunk);
};

// Writes TEXT as the tester sends it. Fails if the name or a field is unknown.
[[nodiscard]] funnel::Result<> Write(const ChunkText& text, const Dialogue& dialogue,
                                     BufferWriter& out);
// CHUNK, which the subject sent, with all its fields.
[[nodiscard]] ChunkText Read(const ChunkView& chunk, const Dialogue& dialogue);
// "DATA bytes=10 tsn=3".
[[nodiscard]] std::string ToString(const ChunkText& text);

}  // namespace sctp::testing
