// Chunks as scripts write them: "DATA tsn=3 stream=1 ssn=0 bytes=10 B E". One word is the name, the
// others are fields; a flag is a field without a value.
//
// Numbers that a side chooses by chance are written as seen from its first one: the subject's TSNs
// count from 1. The tester's are what its INIT said.
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

// What both sides have said so far that later packets depend on.
struct Dialogue {
  VerificationTag tester_tag{0x7e57e7}, subject_tag;
  // Of the tester's last INIT, until a COOKIE ECHO makes it the tag of the association.
  VerificationTag init_tag = tester_tag;
  Tsn subject_tsn;  // its first one
  Bytes cookie;     // the last that the subject sent
  Bytes info;       // of its last HEARTBEAT

  // Of a packet that the subject sent.
  void Learn(const ChunkView& chunk);
};

// TEXT as the tester sends it. Fails if the name or a field is not known.
[[nodiscard]] funnel::Result<> Write(const ChunkText& text, const Dialogue& dialogue,
                                     BufferWriter& out);
// CHUNK as the subject sent it, with all that can be said of it.
[[nodiscard]] ChunkText Read(const ChunkView& chunk, const Dialogue& dialogue);
// "DATA bytes=10 tsn=3".
[[nodiscard]] std::string ToString(const ChunkText& text);

}  // namespace sctp::testing
