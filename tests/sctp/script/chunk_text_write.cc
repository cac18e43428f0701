// What the tester sends: chunks of a script, as bytes.
#include <arpa/inet.h>

#include <algorithm>
#include <set>
#include <vector>

#include "sctp/wire/control_chunks.h"
#include "sctp/wire/data_chunk.h"
#include "sctp/wire/init_chunk.h"
#include "sctp/wire/parameter.h"
#include "sctp/wire/sack_chunk.h"
#include "tests/sctp/script/chunk_names.h"
#include "tests/sctp/script/chunk_text.h"

namespace sctp::testing {
namespace {

using funnel::Fail;
using funnel::Result;

constexpr std::uint16_t kHostName = 11;  // RFC 9260 section 3.3.2.1.4
constexpr char kTesterCookie[] = "the tester's cookie";

// The fields of one chunk; each must be read once.
class Fields {
 public:
  explicit Fields(const ChunkText& text) : text_(text) {}

  [[nodiscard]] bool Has(const std::string& name) {
    used_.insert(name);
    return text_.fields.contains(name);
  }
  [[nodiscard]] std::string Text(const std::string& name) {
    used_.insert(name);
    const auto found = text_.fields.find(name);
    return found == text_.fields.end() ? std::string() : found->second;
  }
  // Decimal, or hexadecimal after 0x.
  [[nodiscard]] std::uint32_t Number(const std::string& name, std::uint32_t otherwise) {
    return Has(name) ? static_cast<std::uint32_t>(std::stoul(Text(name), nullptr, 0)) : otherwise;
  }
  [[nodiscard]] Result<> AllUsed() const {
    for (const auto& field : text_.fields)
      if (!used_.contains(field.first))
        return Fail(text_.name + " has no field '" + field.first + "'");
    return {};
  }

 private:
  const ChunkText& text_;
  std::set<std::string> used_;
};

std::vector<std::string> Split(const std::string& text, char by) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size() && !text.empty();) {
    const std::size_t end = std::min(text.find(by, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::uint32_t ToNumber(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text, nullptr, 0));
}

void WriteHostText(BufferWriter& out, const std::string& host) {
  std::uint8_t raw[16];
  if (inet_pton(AF_INET, host.c_str(), raw) == 1)
    WriteParameter(out, ParameterType::kIpv4Address, ByteView(raw).first(4));
  else if (inet_pton(AF_INET6, host.c_str(), raw) == 1)
    WriteParameter(out, ParameterType::kIpv6Address, raw);
}

void WriteInit(Fields& fields, bool answer, const Dialogue& dialogue, BufferWriter& out) {
  InitChunk{VerificationTag(fields.Number("tag", dialogue.tester_tag.value())),
            fields.Number("window", 65536),
            static_cast<std::uint16_t>(fields.Number("out", 10)),
            static_cast<std::uint16_t>(fields.Number("in", 10)),
            Tsn(fields.Number("tsn", 1)),
            {}}
      .WriteFixed(out);

  for (const std::string& host : Split(fields.Text("hosts"), ',')) WriteHostText(out, host);

  if (fields.Has("preservative"))
    WriteParameter(out, ParameterType::kCookiePreservative, Bytes{0, 0, 3, 0xe8});
  if (fields.Has("ecn")) WriteTlv(out, 0x8000, {});

  if (fields.Has("hostname")) {
    const std::string name = fields.Text("hostname");
    Bytes value(name.begin(), name.end());
    value.push_back(0);
    WriteTlv(out, kHostName, value);
  }

  if (fields.Has("types")) {
    Bytes value;
    for (const std::string& type : Split(fields.Text("types"), ','))
      value.insert(value.end(), {0, static_cast<std::uint8_t>(ToNumber(type))});
    WriteParameter(out, ParameterType::kSupportedAddressTypes, value);
  }

  for (const std::string& code : Split(fields.Text("unknown"), ','))
    WriteTlv(out, static_cast<std::uint16_t>(ToNumber(code)), Bytes{1, 2, 3, 4});

  if (fields.Has("forward")) WriteParameter(out, ParameterType::kForwardTsnSupported, {});
  if (fields.Has("idata"))
    WriteParameter(out, ParameterType::kSupportedExtensions,
                   Bytes{static_cast<std::uint8_t>(ChunkType::kIData)});

  if (answer && !fields.Has("nocookie"))
    WriteParameter(out, ParameterType::kStateCookie,
                   Bytes(std::begin(kTesterCookie), std::end(kTesterCookie)));
}

// "1-2,5": one gap block each, as offsets from the cumulative TSN.
std::vector<GapBlock> Gaps(const std::string& text) {
  std::vector<GapBlock> gaps;
  for (const std::string& part : Split(text, ',')) {
    const auto ends = Split(part, '-');
    gaps.push_back({static_cast<std::uint16_t>(ToNumber(ends.front())),
                    static_cast<std::uint16_t>(ToNumber(ends.back()))});
  }
  return gaps;
}

Tsn OfSubject(const Dialogue& dialogue, std::uint32_t number) {
  return dialogue.subject_tsn + number - 1;
}

void WriteSack(Fields& fields, const Dialogue& dialogue, BufferWriter& out) {
  const std::vector<GapBlock> gaps = Gaps(fields.Text("gaps"));
  std::vector<Tsn> duplicates;
  for (const std::string& tsn : Split(fields.Text("dup"), ','))
    duplicates.push_back(OfSubject(dialogue, ToNumber(tsn)));
  SackChunk{OfSubject(dialogue, fields.Number("cum", 0)), fields.Number("window", 65536), gaps,
            duplicates}
      .Write(out);
}

void WriteData(Fields& fields, ChunkType type, BufferWriter& out) {
  DataChunk data;
  data.format = type == ChunkType::kData ? DataFormat::kData : DataFormat::kIData;
  data.tsn = Tsn(fields.Number("tsn", 1));
  data.stream = StreamId(static_cast<std::uint16_t>(fields.Number("stream", 0)));
  data.mid = Mid(fields.Number(type == ChunkType::kData ? "ssn" : "mid", 0));
  data.fsn = fields.Number("fsn", 0);
  data.protocol = fields.Number("protocol", 0);
  data.unordered = fields.Has("U");
  data.immediate = fields.Has("I");
  const bool first = fields.Has("B"), last = fields.Has("E"), middle = fields.Has("M");
  data.begin = first || (!last && !middle);
  data.end = last || (!first && !middle);
  const Bytes payload(fields.Number("bytes", 10), 'x');
  data.payload = payload;
  data.Write(out);
}

Bytes OwnInfo(Fields& fields) { return Bytes(fields.Number("info", 8), 'h'); }

void WriteCauses(Fields& fields, BufferWriter& out) {
  for (const std::string& cause : Split(fields.Text("cause"), ','))
    WriteTlv(out, static_cast<std::uint16_t>(ToNumber(cause)), Bytes{0, 0, 0, 0});
}

std::uint8_t ReflectedFlag(Fields& fields) { return fields.Has("T") ? kReflectedTagFlag : 0; }

Result<> WriteKnown(ChunkType type, Fields& fields, const Dialogue& dialogue, BufferWriter& out) {
  switch (type) {
    case ChunkType::kData:
    case ChunkType::kIData:
      WriteData(fields, type, out);
      return {};
    case ChunkType::kInit:
    case ChunkType::kInitAck: {
      ChunkScope chunk(out, type, 0);
      WriteInit(fields, type == ChunkType::kInitAck, dialogue, out);
      chunk.End();
      return {};
    }
    case ChunkType::kSack:
      WriteSack(fields, dialogue, out);
      return {};
    case ChunkType::kHeartbeat:
      WriteHeartbeat(out, OwnInfo(fields));
      return {};
    case ChunkType::kHeartbeatAck: {
      ChunkScope chunk(out, type, 0);
      WriteParameter(out, ParameterType::kHeartbeatInfo, dialogue.info);
      chunk.End();
      return {};
    }
    case ChunkType::kShutdown:
      WriteShutdown(out, OfSubject(dialogue, fields.Number("cum", 0)));
      return {};
    case ChunkType::kCookieEcho: {
      Bytes cookie = dialogue.cookie;
      if (fields.Has("forged") && !cookie.empty()) cookie.back() ^= 1;
      WriteChunk(out, type, 0, cookie);
      return {};
    }
    case ChunkType::kAbort:
    case ChunkType::kError: {
      ChunkScope chunk(out, type, type == ChunkType::kAbort ? ReflectedFlag(fields) : 0);
      WriteCauses(fields, out);
      chunk.End();
      return {};
    }
    case ChunkType::kShutdownAck:
    case ChunkType::kCookieAck:
      WriteChunk(out, type, 0, {});
      return {};
    case ChunkType::kShutdownComplete:
      WriteChunk(out, type, ReflectedFlag(fields), {});
      return {};
    default:
      return Fail("the tester cannot write " + NameOf(type));
  }
}

}  // namespace

Result<> Write(const ChunkText& text, const Dialogue& dialogue, BufferWriter& out) {
  Fields fields(text);
  const std::size_t start = out.position();
  if (text.name == "CHUNK") {
    const auto type = static_cast<ChunkType>(fields.Number("type", 0));
    WriteChunk(out, type, 0, Bytes(fields.Number("bytes", 4)));
    return fields.AllUsed();
  }
  const auto type = TypeOf(text.name);
  if (!type) return Fail("there is no chunk '" + text.name + "'");
  TRY(WriteKnown(*type, fields, dialogue, out));
  // A chunk whose length field is shorter than its content.
  if (fields.Has("length")) {
    const std::uint32_t length = fields.Number("length", 0);
    out.PatchU16(start + 2, static_cast<std::uint16_t>(length));
    out.Rewind(start + Padded(length));
  }
  return fields.AllUsed();
}

}  // namespace sctp::testing
