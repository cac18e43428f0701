// What the subject sent: chunks as bytes, in the form of scripts.
#include <charconv>

#include "sctp/wire/control_chunks.h"
#include "sctp/wire/data_chunk.h"
#include "sctp/wire/forward_tsn_chunk.h"
#include "sctp/wire/init_chunk.h"
#include "sctp/wire/parameter.h"
#include "sctp/wire/sack_chunk.h"
#include "tests/sctp/script/chunk_names.h"
#include "tests/sctp/script/chunk_text.h"

namespace sctp::testing {
namespace {

void Add(ChunkText& text, const std::string& name, std::uint64_t value) {
  text.fields[name] = std::to_string(value);
}
void AddFlag(ChunkText& text, const std::string& name, bool set) {
  if (set) text.fields[name] = "";
}
void AddListed(ChunkText& text, const std::string& name, const std::string& item) {
  std::string& list = text.fields[name];
  list += (list.empty() ? "" : ",") + item;
}

std::string Hex(std::uint32_t value) {
  char raw[16];
  const auto end = std::to_chars(std::begin(raw), std::end(raw), value, 16).ptr;
  return "0x" + std::string(raw, end);
}

void ReadInit(const ChunkView& chunk, const Dialogue& dialogue, ChunkText& text) {
  const auto init = InitChunk::Parse(chunk);
  if (!init) return;
  Add(text, "out", init->out_streams);
  Add(text, "in", init->in_streams);
  Add(text, "window", init->window_bytes);
  AddFlag(text, "tagged", init->tag != VerificationTag(0));
  AddFlag(text, "again", init->tag == dialogue.subject_tag);
  TlvReader parameters(init->parameters);
  while (const auto parameter = parameters.Next()) {
    if (parameter->code == static_cast<std::uint16_t>(ParameterType::kUnrecognized) &&
        parameter->value.size() >= kTlvHeaderSize)
      AddListed(text, "unrecognized",
                Hex(static_cast<std::uint32_t>(funnel::LoadBigEndian<2>(parameter->value.data()))));
    else
      AddListed(text, "parameters", Hex(parameter->code));
  }
}

void ReadData(const DataView& data, const Dialogue& dialogue, ChunkText& text) {
  Add(text, "tsn", (data.tsn - dialogue.subject_tsn) + 1u);
  Add(text, "stream", data.stream.value());
  Add(text, data.format == DataFormat::kData ? "ssn" : "mid", data.mid.value());
  if (data.format == DataFormat::kIData) Add(text, "fsn", data.fsn);
  Add(text, "protocol", data.protocol);
  Add(text, "bytes", data.payload.size());
  AddFlag(text, "U", data.unordered);
  AddFlag(text, "I", data.immediate);
  AddFlag(text, "B", data.begin);
  AddFlag(text, "E", data.end);
}

void ReadSack(const SackView& sack, ChunkText& text) {
  Add(text, "cum", sack.cumulative.value());
  Add(text, "window", sack.window_bytes);
  for (std::size_t i = 0; i < sack.gaps(); ++i)
    AddListed(text, "gaps",
              std::to_string(sack.gap(i).start) + "-" + std::to_string(sack.gap(i).end));
  for (std::size_t i = 0; i < sack.duplicates(); ++i)
    AddListed(text, "dup", std::to_string(sack.duplicate(i).value()));
}

void ReadCauses(const ChunkView& chunk, ChunkText& text) {
  TlvReader causes(chunk.body);
  while (const auto cause = causes.Next()) AddListed(text, "cause", std::to_string(cause->code));
}

}  // namespace

ChunkText Read(const ChunkView& chunk, const Dialogue& dialogue) {
  ChunkText text{NameOf(chunk.type), {}};
  if (chunk.type == ChunkType::kInit || chunk.type == ChunkType::kInitAck)
    ReadInit(chunk, dialogue, text);
  if (const auto data = DataView::Parse(chunk)) ReadData(*data, dialogue, text);
  if (const auto sack = SackView::Parse(chunk)) ReadSack(*sack, text);
  if (chunk.type == ChunkType::kShutdown)
    if (const auto cumulative = ParseShutdown(chunk)) Add(text, "cum", cumulative->value());
  if (chunk.type == ChunkType::kAbort || chunk.type == ChunkType::kError) ReadCauses(chunk, text);
  if (chunk.type == ChunkType::kAbort || chunk.type == ChunkType::kShutdownComplete)
    AddFlag(text, "T", (chunk.flags & kReflectedTagFlag) != 0);
  if (const auto skip = ForwardTsnView::Parse(chunk))
    Add(text, "cum", (skip->cumulative - dialogue.subject_tsn) + 1u);
  if (chunk.type == ChunkType::kHeartbeatAck)
    if (const auto info = ParseHeartbeat(chunk)) Add(text, "info", info->size());
  return text;
}

}  // namespace sctp::testing
