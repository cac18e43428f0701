#include "tests/sctp/script/chunk_text.h"

#include "sctp/wire/control_chunks.h"
#include "sctp/wire/init_chunk.h"
#include "sctp/wire/parameter.h"

namespace sctp::testing {

void Dialogue::Learn(const ChunkView& chunk) {
  if (chunk.type == ChunkType::kHeartbeat) {
    if (const auto found = ParseHeartbeat(chunk)) info.assign(found->begin(), found->end());
    return;
  }
  if (chunk.type != ChunkType::kInit && chunk.type != ChunkType::kInitAck) return;
  const auto init = InitChunk::Parse(chunk);
  if (!init) return;
  subject_tag = init->tag;
  subject_tsn = init->initial_tsn;
  TlvReader parameters(init->parameters);
  while (const auto parameter = parameters.Next())
    if (parameter->code == static_cast<std::uint16_t>(ParameterType::kStateCookie))
      cookie.assign(parameter->value.begin(), parameter->value.end());
}

std::string ToString(const ChunkText& text) {
  std::string out = text.name;
  for (const auto& [name, value] : text.fields)
    out += " " + name + (value.empty() ? "" : "=" + value);
  return out;
}

}  // namespace sctp::testing
