// Runs one script.
#include <optional>

#include "tests/sctp/script/chunk_text.h"
#include "tests/sctp/script/script.h"
#include "tests/sctp/script/subject.h"

namespace sctp::testing {
namespace {

using funnel::Fail;
using funnel::Result;

// Times need not be exact to the nanosecond.
constexpr Duration kTolerance = std::chrono::milliseconds(1);

// "INIT tag=3 + DATA | from=2": chunks, and options of the packet.
struct PacketText {
  std::vector<ChunkText> chunks;
  ChunkText options;
};

void AddField(ChunkText& text, const std::string& word) {
  const std::size_t equals = word.find('=');
  text.fields[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
}

PacketText PacketOf(const std::vector<std::string>& words) {
  PacketText packet;
  ChunkText* into = nullptr;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "+") {
      into = nullptr;
    } else if (words[i] == "|") {
      into = &packet.options;
    } else if (into == nullptr) {
      packet.chunks.push_back({words[i], {}});
      into = &packet.chunks.back();
    } else {
      AddField(*into, words[i]);
    }
  }
  return packet;
}

std::string ToString(const std::vector<ChunkText>& chunks) {
  std::string text;
  for (const ChunkText& chunk : chunks)
    text += (text.empty() ? "" : " + ") + sctp::testing::ToString(chunk);
  return text;
}

class Runner {
 public:
  Result<> Do(const Statement& statement);
  // Fails if something is left that the script does not mention.
  Result<> Finish();

 private:
  Result<> Tell(const PacketText& text);
  Result<> Await(const PacketText& text);
  Result<> Silence(Duration span);
  Result<> Send(const std::vector<std::string>& words);
  Result<> Expect(const std::string& event);
  Result<std::vector<ChunkText>> Look(Subject::Departure& departure,
                                      std::optional<std::string> wanted_tag = {});
  [[nodiscard]] std::optional<std::string> Differs(const ChunkText& want,
                                                   const ChunkText& got) const;

  Subject subject_;
  Dialogue dialogue_;
  TimePoint mark_ = subject_.now();  // when the previous statement had happened
  VerificationTag last_tag_;         // the tag of the tester's last packet
};

Result<> Runner::Tell(const PacketText& text) {
  ChunkText options = text.options;
  const auto option = [&](const std::string& name) {
    const auto found = options.fields.find(name);
    if (found == options.fields.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  };
  CommonHeader header{kTesterPort, kSubjectPort, dialogue_.subject_tag};
  const ChunkText& first = text.chunks.front();
  if (first.name == "INIT") header.tag = VerificationTag(0);
  if (first.fields.contains("T")) header.tag = dialogue_.tester_tag;
  if (const auto tag = option("vtag"))
    header.tag = *tag == "wrong"
                     ? VerificationTag(dialogue_.subject_tag.value() ^ 1)
                     : VerificationTag(static_cast<std::uint32_t>(std::stoul(*tag, nullptr, 0)));
  last_tag_ = header.tag;
  if (first.name == "INIT") {
    const auto tag = first.fields.find("tag");
    dialogue_.init_tag =
        tag == first.fields.end()
            ? dialogue_.tester_tag
            : VerificationTag(static_cast<std::uint32_t>(std::stoul(tag->second, nullptr, 0)));
  }
  if (first.name == "COOKIE_ECHO") dialogue_.tester_tag = dialogue_.init_tag;

  Bytes buffer(kBufferBytes);
  PacketWriter packet(buffer, header);
  for (const ChunkText& chunk : text.chunks) TRY(Write(chunk, dialogue_, packet.out()));
  buffer.resize(packet.Finish().size());
  // The length says more than there is, and the checksum is right.
  if (const auto cut = option("cut")) {
    buffer.resize(buffer.size() - std::stoul(*cut));
    const MutableByteView chunks = MutableByteView(buffer).subspan(kCommonHeaderSize);
    Bytes shorter(buffer.size());
    PacketWriter again(shorter, header);
    again.out().Append(chunks);
    (void)again.Finish();
    buffer = shorter;
  }
  if (option("checksum")) buffer[8] ^= 1;
  const auto from = option("from");
  subject_.OnPacket(HostNumber(static_cast<std::uint8_t>(from ? std::stoi(*from) : 2)), buffer);
  return {};
}

// The chunks of the packet, if its header is as it must be.
Result<std::vector<ChunkText>> Runner::Look(Subject::Departure& departure,
                                            std::optional<std::string> wanted_tag) {
  const auto packet = PacketView::Parse(departure.packet);
  if (!packet) return Fail("a packet with a bad checksum");
  if (packet->header.source_port != kSubjectPort || packet->header.destination_port != kTesterPort)
    return Fail("a packet with other ports");

  std::vector<ChunkText> chunks;
  ChunkReader reader(packet->chunks);
  VerificationTag tag = dialogue_.tester_tag;
  while (const auto chunk = reader.Next()) {
    chunks.push_back(Read(*chunk, dialogue_));
    dialogue_.Learn(*chunk);
    if (chunk->type == ChunkType::kInit) tag = VerificationTag(0);
    if (chunk->type == ChunkType::kInitAck) tag = dialogue_.init_tag;
    if (chunks.back().fields.contains("T")) tag = last_tag_;
  }

  if (wanted_tag)
    tag = VerificationTag(static_cast<std::uint32_t>(std::stoul(*wanted_tag, nullptr, 0)));
  if (packet->header.tag != tag)
    return Fail("a packet with tag " + std::to_string(packet->header.tag.value()) + ": " +
                ToString(chunks));
  return chunks;
}

std::optional<std::string> Runner::Differs(const ChunkText& want, const ChunkText& got) const {
  if (want.name != got.name) return "not " + want.name;
  for (const auto& [name, value] : want.fields) {
    const bool absent = name.starts_with('!');
    const auto found = got.fields.find(absent ? name.substr(1) : name);
    if (absent ? found != got.fields.end() : found == got.fields.end() || found->second != value)
      return "not " + name + (value.empty() ? "" : "=" + value);
  }
  return std::nullopt;
}

Result<> Runner::Await(const PacketText& text) {
  // "after=1" means then, "after=1..2" between; without it at once.
  Duration least{}, most{};
  if (const auto found = text.options.fields.find("after"); found != text.options.fields.end()) {
    const std::size_t dots = found->second.find("..");
    least = Seconds(found->second.substr(0, dots));
    most = dots == std::string::npos ? least : Seconds(found->second.substr(dots + 2));
  }
  subject_.Pass(mark_ + most + kTolerance);
  if (subject_.departures().empty()) return Fail("nothing came");
  Subject::Departure departure = std::move(subject_.departures().front());
  subject_.departures().pop_front();
  const auto tag = text.options.fields.find("vtag");
  const auto chunks =
      TRY(Look(departure, tag == text.options.fields.end() ? std::optional<std::string>()
                                                           : std::optional(tag->second)));

  const Duration after = departure.time - mark_;
  if (after < least - kTolerance || after > most + kTolerance)
    return Fail(ToString(chunks) + " came after " +
                std::to_string(std::chrono::duration<double>(after).count()) + " s");
  if (const auto to = text.options.fields.find("to");
      to != text.options.fields.end() &&
      departure.to != HostNumber(static_cast<std::uint8_t>(std::stoi(to->second))))
    return Fail(ToString(chunks) + " went elsewhere");
  for (std::size_t i = 0; i < std::max(chunks.size(), text.chunks.size()); ++i) {
    if (i >= chunks.size() || i >= text.chunks.size())
      return Fail("came: " + ToString(chunks) + " (other chunks)");
    if (const auto why = Differs(text.chunks[i], chunks[i]))
      return Fail("came: " + ToString(chunks) + " (" + *why + ")");
  }
  mark_ = departure.time;
  return {};
}

Result<> Runner::Silence(Duration span) {
  subject_.Pass(mark_ + span);
  if (!subject_.departures().empty())
    return Fail("came: " + ToString(TRY(Look(subject_.departures().front()))));
  mark_ = subject_.now();
  return {};
}

Result<> Runner::Send(const std::vector<std::string>& words) {
  ChunkText text{"send", {}};
  for (std::size_t i = 1; i < words.size(); ++i) AddField(text, words[i]);
  const auto number = [&](const char* name, unsigned long otherwise) {
    const auto found = text.fields.find(name);
    return found == text.fields.end() ? otherwise : std::stoul(found->second);
  };
  SendOptions options;
  options.unordered = text.fields.contains("U");
  options.protocol = static_cast<std::uint32_t>(number("protocol", 0));
  const bool sent = subject_.Send(StreamId(static_cast<std::uint16_t>(number("stream", 0))),
                                  Bytes(number("bytes", 10)), options);
  if (sent == text.fields.contains("refused"))
    return Fail(sent ? "it was taken" : "it was refused");
  return {};
}

Result<> Runner::Expect(const std::string& event) {
  if (subject_.events().empty()) return Fail("nothing was reported");
  const std::string got = std::move(subject_.events().front());
  subject_.events().pop_front();
  return got == event ? Result<>() : Fail("reported: " + got);
}

Result<> Runner::Do(const Statement& statement) {
  const std::vector<std::string>& words = statement.words;
  const std::string& what = words.front();
  std::string rest;
  for (std::size_t i = 1; i < words.size(); ++i) rest += (i == 1 ? "" : " ") + words[i];
  if (what == "set") return subject_.Set(words.at(1), words.at(2));
  if (what == ">" && words.at(1) == "nothing") return Silence(Seconds(words.at(3)));
  if (what == ">") return Await(PacketOf(words));
  if (what == "expect") return Expect(rest);
  if (what == "associations")
    return subject_.associations() == std::stoul(rest)
               ? Result<>()
               : Fail("there are " + std::to_string(subject_.associations()));

  // What follows happens now: it must not be taken for an answer to something earlier.
  if (what == "<")
    TRY(Tell(PacketOf(words)));
  else if (what == "connect" && !subject_.Connect())
    return Fail("it was refused");
  else if (what == "send")
    TRY(Send(words));
  else if (what == "shutdown")
    subject_.Shutdown();
  else if (what == "abort")
    subject_.Abort(rest);
  else if (what != "connect")
    return Fail("'" + what + "' is no statement");
  mark_ = subject_.now();
  return {};
}

Result<> Runner::Finish() {
  if (!subject_.departures().empty())
    return Fail("came besides: " + ToString(TRY(Look(subject_.departures().front()))));
  if (!subject_.events().empty()) return Fail("reported besides: " + subject_.events().front());
  return {};
}

}  // namespace

Result<> RunScript(const Script& script) {
  Runner runner;
  const auto at = [&](int line, const funnel::Error& error) {
    return Fail(script.file + ":" + std::to_string(line) + ": " + error.message);
  };
  for (const Statement& statement : script.statements)
    if (const auto done = runner.Do(statement); !done) return at(statement.line, done.error());
  if (script.statements.empty()) return {};
  if (const auto done = runner.Finish(); !done)
    return at(script.statements.back().line, done.error());
  return {};
}

}  // namespace sctp::testing
