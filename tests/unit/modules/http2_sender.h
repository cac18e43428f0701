// One end of an invented HTTP/2 connection, for http2_model.h.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/modules/http2_frames.h"
#include "tests/unit/modules/model.h"
#include "tests/unit/modules/module_under_test.h"

namespace funnel::module::http2 {

// The content of a header block: a field that is inserted into the table, one that is there, or
// neither.
struct BlockSaid {
  enum { kPlain, kInsert, kRefer } kind = kPlain;
  bool resizes = false;
  std::size_t size = 0;   // of the table, with `resizes`
  std::size_t index = 0;  // kRefer
  int value = 0;          // the value that is meant
};

struct Said {
  Type type = kData;
  std::uint32_t stream = 0;
  unsigned flags = 0;
  BlockSaid block;
  std::uint32_t promised = 0;
  int in_stream = 0;    // its number among the stream's HEADERS, DATA and RST_STREAM, from 0
  int in_promised = 0;  // that of a PUSH_PROMISE in the promised stream
};

// The table that the blocks of one direction share; a few short entries never fill it.
struct Table {
  std::deque<int> entries;
  bool keeps = true;

  void Resize(std::size_t size) {
    keeps = size > 0;
    if (!keeps) entries.clear();
  }
  void Insert(int value) {
    if (keeps) entries.push_front(value);
  }
};

constexpr std::uint32_t kStreamLimit = 4;

// One end that sends by the rules, and shows the module everything.
class Sender {
 public:
  Sender(std::uint32_t seed, funnel_end end, const Alter& alter)
      : end_(end), alter_(alter), random_(seed), module_({}, end) {
    const Bytes limit = Settings({{kMaxStreams, kStreamLimit}});
    if (end == FUNNEL_CLIENT) Give(Preface(), {.type = kSettings});
    Give(Settings(), {.type = kSettings});
    if (end == FUNNEL_SERVER) (void)module_.Read(FUNNEL_CLIENT, Preface());
    (void)module_.Read(Far(), limit);
    for (int i = 0; i < 60; ++i) Step();
  }

  [[nodiscard]] const SentMessages& sent() const { return sent_; }
  [[nodiscard]] const std::vector<Said>& said() const { return said_; }
  // For each stream, the first message that was sent when the far end was known to have ended it.
  [[nodiscard]] const std::map<std::uint32_t, std::size_t>& far_ended() const { return far_ended_; }

 private:
  struct Stream {
    bool sends = true, far_sends = true;
    int sent = 0;
    bool promised = false;  // promised, and nothing of it was sent
  };

  [[nodiscard]] funnel_end Far() const {
    return end_ == FUNNEL_CLIENT ? FUNNEL_SERVER : FUNNEL_CLIENT;
  }
  [[nodiscard]] bool Chance(unsigned percent) { return random_() % 100 < percent; }

  void Give(const Bytes& bytes, const Said& said) {
    funnel_verdict verdict = module_.Read(end_, bytes);
    EXPECT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE});
    EXPECT_EQ(verdict.length, bytes.size());
    alter_(verdict);
    sent_.Add(verdict);
    said_.push_back(said);
  }

  // The bytes of a block with its content.
  std::string MakeBlock(BlockSaid& block) {
    std::string bytes;
    if (resize_due_) {
      block.resizes = true;
      block.size = table_.keeps ? 0 : 4096;
      bytes = block.size == 0 ? kToZero : kToUsual;
      table_.Resize(block.size);
      resize_due_ = false;
    }

    block.value = static_cast<int>(random_() % 26);
    if (!table_.entries.empty() && Chance(50)) {
      block.kind = BlockSaid::kRefer;
      block.index = random_() % std::min<std::size_t>(table_.entries.size(), 60);
      block.value = table_.entries[block.index];
      return bytes + static_cast<char>(0x80 + 62 + block.index);
    }

    if (!Chance(50)) return bytes + std::string(kStatic);
    block.kind = BlockSaid::kInsert;
    table_.Insert(block.value);
    return bytes +
           std::string(
               "\x40\x01"
               "a\x01") +
           static_cast<char>('a' + block.value);
  }

  void SendHeaders(std::uint32_t id, Stream& stream, bool ends) {
    Said said{.type = kHeaders,
              .stream = id,
              .flags = kEndHeaders | (ends ? kEndStream : 0u),
              .in_stream = stream.sent++};
    const std::string block = MakeBlock(said.block);
    stream.promised = false;
    if (ends) stream.sends = false;
    Give(Frame(kHeaders, said.flags, id, block), said);
  }

  void OpenStream() {
    const auto open = std::ranges::count_if(
        streams_, [](const auto& one) { return one.second.sends || one.second.far_sends; });
    if (end_ == FUNNEL_CLIENT && open >= std::ptrdiff_t{kStreamLimit}) return;
    const std::uint32_t id = next_;
    next_ += 2 + 2 * (random_() % 2);
    SendHeaders(id, streams_[id], Chance(30));
  }

  void Promise(std::uint32_t id, Stream& stream) {
    Said said{.type = kPromise,
              .stream = id,
              .flags = kEndHeaders,
              .promised = next_promised_,
              .in_stream = stream.sent++};
    next_promised_ += 2;
    ByteWriter promised;
    const Bytes number = promised.U32(said.promised).Release();
    const std::string payload = std::string(number.begin(), number.end()) + MakeBlock(said.block);
    Give(Frame(kPromise, kEndHeaders, id, payload), said);
    streams_[said.promised] = {.far_sends = false, .sent = 1, .promised = true};
  }

  void FarEnds(std::uint32_t id, Stream& stream) {
    if (!stream.far_sends || id % 2 == 0) return;
    stream.far_sends = false;
    far_ended_[id] = said_.size();
    (void)module_.Read(Far(), Frame(kHeaders, kEndHeaders | kEndStream, id, kStatic));
  }

  void Reset(std::uint32_t id, Stream& stream) {
    if (stream.promised) return;
    const Said said{.type = kReset, .stream = id, .in_stream = stream.sent++};
    stream.sends = stream.far_sends = false;
    Give(Frame(kReset, 0, id, 4), said);
  }

  void OnStream(std::uint32_t id, Stream& stream) {
    if (stream.promised) return SendHeaders(id, stream, false);
    if (Chance(20)) return FarEnds(id, stream);
    if (Chance(10) && (stream.sends || stream.far_sends)) return Reset(id, stream);
    if (Chance(20) && (stream.sends || stream.far_sends))
      return Give(Frame(kWindow, 0, id, 4),
                  {.type = kWindow, .stream = id, .in_stream = stream.sent});
    if (!stream.sends) return;
    if (end_ == FUNNEL_SERVER && id % 2 == 1 && Chance(15)) return Promise(id, stream);
    const bool ends = Chance(20);
    if (ends && Chance(50)) return SendHeaders(id, stream, true);  // trailers
    const Said said{
        .type = kData, .stream = id, .flags = ends ? kEndStream : 0u, .in_stream = stream.sent++};
    if (ends) stream.sends = false;
    Give(Frame(kData, said.flags, id, random_() % 50), said);
  }

  void OnConnection() {
    switch (random_() % 7) {
      case 0:
        resize_due_ = true;
        return Give(Frame(kSettings, kAck, 0), {.type = kSettings, .flags = kAck});
      case 1:
        return Give(Settings(), {.type = kSettings});
      case 2:
        return Give(Frame(kGoaway, 0, 0, 8), {.type = kGoaway});
      case 3:
        return Give(Frame(kPriorityUpdate, 0, 0, 8), {.type = kPriorityUpdate});
      default:
        break;
    }
    const unsigned ack = random_() % 2;
    Give(Frame(kPing, ack, 0, 8), {.type = kPing});
    Give(Frame(kWindow, 0, 0, 4), {.type = kWindow});
  }

  void Step() {
    if (Chance(12)) return OnConnection();
    if (streams_.empty() || Chance(25)) return OpenStream();
    auto at = streams_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_() % streams_.size()));
    OnStream(at->first, at->second);
  }

  const funnel_end end_;
  const Alter& alter_;
  std::mt19937 random_;
  ModuleUnderTest module_;
  SentMessages sent_;
  std::vector<Said> said_;
  std::map<std::uint32_t, Stream> streams_;
  std::map<std::uint32_t, std::size_t> far_ended_;
  Table table_;
  std::uint32_t next_ = 1, next_promised_ = 2;
  bool resize_due_ = false;
};

}  // namespace funnel::module::http2
