// HTTP/2 over TCP with prior knowledge (RFC 9113; HPACK, RFC 7541), and so gRPC. Streams of one
// connection do not depend on each other, but what all of them share does.
//
//   preface, first SETTINGS   first in each direction (3.4): barriers
//   DATA                      of its stream: after its HEADERS and the DATA before it (8.1).
//   Windows
//                             are sums (5.2, 6.9): neither a connection's nor a stream's depends on
//                             the order in which DATA of several streams comes
//   HEADERS, CONTINUATION     one unit, for nothing may stand between (6.2, 6.10). Of its stream,
//   so
//                             that trailers come after DATA (8.1). Blocks of one direction share
//                             HPACK's table (4.3): one that inserts is exclusive there, one that
//                             names an entry is shared, others are free. A table of size 0 keeps
//                             nothing, so what is "inserted" then is free, too. A block that
//                             changes the size is a barrier: it must be the first of all blocks
//                             behind the acknowledgement (RFC 7541, 4.2), also of those that use no
//                             table
//     that open a stream      in the order of their numbers, since opening one closes lower idle
//     ones (client)                (5.1.1): one chain. After all where the server could otherwise
//     count
//                             more than MAX_CONCURRENT_STREAMS (5.1.2; open_streams.h)
//     of a promised stream    after all: rare, and it opens one for the client to count (8.4.1)
//   PUSH_PROMISE              as HEADERS of a stream; in the order of the promised numbers (5.1.1),
//                             and what is sent of the promised stream after it (8.4)
//   RST_STREAM, PRIORITY      of the stream (6.3, 6.4), which must not be idle then for RST_STREAM
//   WINDOW_UPDATE             of its stream, which must not be idle (5.1); of the connection: free,
//                             since a sum (6.9)
//   SETTINGS and its ACK      barriers: what comes before goes by the former values, what comes
//                             behind by these (6.5.3), windows among them (6.9.2)
//   PING and its ACK          after all, and hold nobody: to whoever gets the ACK it says that all
//                             before it has come (6.7; 6.8 uses that around GOAWAY)
//   GOAWAY                    barrier: the streams that it speaks of are those before it (6.8)
//   any other                 barrier: only its extension knows what it is about (5.5)
//
// A direction never depends on the other one: what an end sends because of something that was
// delivered to it comes after that by itself.
//
// TLS and HTTP/1.1, including Upgrade, have no such preface, and do not follow this protocol.
#include <algorithm>
#include <cstring>
#include <optional>

#include "modules/common/module_table.h"
#include "modules/http2/frame.h"
#include "modules/http2/hpack.h"
#include "modules/http2/open_streams.h"
#include "modules/module.h"

namespace http2 {
namespace {

using funnel_modules::AddKey;
using funnel_modules::Load16;
using funnel_modules::Load32;

// Spaces of keys. The header space has one key: HPACK's table, and the order in which streams open.
enum Space : std::uint32_t { kStreamSpace = 1, kHeaderSpace = 2 };

// SETTINGS and whole header blocks are not longer than this in practice; a longer block is treated
// as one that inserts, refers and changes the size.
constexpr std::size_t kHeadMax = kFrameHeaderSize + kLeastMaxFrame;

// RFC 7541, section 6.5.2 of RFC 9113.
constexpr std::uint32_t kUsualTableSize = 4096;

enum Setting : std::uint16_t { kMaxConcurrentStreams = 0x3, kMaxFrameSize = 0x5 };
constexpr std::size_t kSettingSize = 6;

funnel_end Other(funnel_end end) { return end == FUNNEL_CLIENT ? FUNNEL_SERVER : FUNNEL_CLIENT; }

class Connection {
 public:
  Connection(const funnel_modules::NoOptions&, funnel_end end) : end_(end) {}

  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict) {
    if (sender == FUNNEL_CLIENT && !preface_seen_) return ReadPreface(bytes, size, verdict);
    verdict.kind = FUNNEL_NEED_MORE;
    if (size < kFrameHeaderSize) return;
    const Frame frame = Frame::Parse(bytes);
    if (!IsInPlace(frame, sender)) {
      verdict.kind = FUNNEL_MISMATCH;
      return;
    }
    if (NeedsPayload(frame, sender) && size < kFrameHeaderSize + frame.length) return;

    funnel_modules::SetMessage(verdict, kFrameHeaderSize + frame.length, LabelOf(frame));
    if (frame.stream != 0) funnel_modules::SetNumber(verdict, frame.stream);
    if (!OnFrame(frame, sender, bytes + kFrameHeaderSize, verdict)) verdict.kind = FUNNEL_MISMATCH;
  }

 private:
  // What is known about what one end sends.
  struct Direction {
    bool settings_seen = false;
    std::uint32_t block_of = 0;  // the stream whose header block is not complete; 0: none
    std::uint32_t max_frame = kLeastMaxFrame;
  };

  void ReadPreface(const std::uint8_t* bytes, std::size_t size, funnel_verdict& verdict) {
    if (std::memcmp(bytes, kPreface, std::min(size, kPrefaceSize)) != 0) {
      verdict.kind = FUNNEL_MISMATCH;
      return;
    }
    if (size < kPrefaceSize) {
      verdict.kind = FUNNEL_NEED_MORE;
      return;
    }
    preface_seen_ = true;
    funnel_modules::SetMessage(verdict, kPrefaceSize, "preface");
    verdict.order = FUNNEL_BARRIER;
  }

  [[nodiscard]] bool IsInPlace(const Frame& frame, funnel_end sender) const {
    const Direction& sent = directions_[sender];
    if (!sent.settings_seen && (frame.type != kSettings || frame.Has(kAck))) return false;
    if (frame.length > sent.max_frame || !IsRecognised(frame, sender)) return false;
    const bool goes_on = frame.type == kContinuation;
    return goes_on == (sent.block_of != 0) && (!goes_on || frame.stream == sent.block_of);
  }

  // Of the other end's header blocks only the length matters.
  [[nodiscard]] bool NeedsPayload(const Frame& frame, funnel_end sender) const {
    if (frame.type == kSettings) return true;
    return sender == end_ && IsShortBlock(frame);
  }
  [[nodiscard]] static bool IsShortBlock(const Frame& frame) {
    return (frame.type == kHeaders || frame.type == kPushPromise) && frame.Has(kEndHeaders) &&
           frame.length <= kLeastMaxFrame;
  }

  // False: the frame is broken.
  [[nodiscard]] bool OnFrame(const Frame& frame, funnel_end sender, const std::uint8_t* payload,
                             funnel_verdict& verdict) {
    bool sound = true;
    switch (frame.type) {
      case kData:
      case kPriority:
      case kRstStream:
        AddKey(verdict, frame.stream, kStreamSpace);
        break;
      case kWindowUpdate:
        if (frame.stream != 0) AddKey(verdict, frame.stream, kStreamSpace);
        break;
      case kPing:
        verdict.order = FUNNEL_AFTER_ALL;
        break;
      case kHeaders:
      case kPushPromise:
        sound = OnHeaders(frame, sender, payload, verdict);
        break;
      case kContinuation:
        OnBlockPart(frame, sender, verdict);
        break;
      case kSettings:
        sound = frame.length <= kLeastMaxFrame && OnSettings(frame, sender, payload);
        verdict.order = FUNNEL_BARRIER;
        break;
      default:
        verdict.order = FUNNEL_BARRIER;
    }
    if (end_ == FUNNEL_CLIENT) Count(frame, sender, verdict);
    return sound;
  }

  // --- settings

  [[nodiscard]] bool OnSettings(const Frame& frame, funnel_end sender,
                                const std::uint8_t* payload) {
    if (frame.Has(kAck)) return true;
    if (sender == FUNNEL_SERVER && !directions_[sender].settings_seen)
      streams_.set_limit(UINT32_MAX);
    directions_[sender].settings_seen = true;
    for (std::size_t at = 0; at < frame.length; at += kSettingSize) {
      const std::uint32_t name = Load16(payload + at);
      const std::uint32_t value = Load32(payload + at + 2);
      if (name == kMaxConcurrentStreams && sender == FUNNEL_SERVER) streams_.set_limit(value);
      if (name != kMaxFrameSize) continue;
      if (value < kLeastMaxFrame || value > kMostMaxFrame) return false;
      // If several SETTINGS are on their way, it is not known which one is in force.
      std::uint32_t& most = directions_[Other(sender)].max_frame;
      most = std::max(most, value);
    }
    return true;
  }

  // --- header blocks

  void OnBlockPart(const Frame& frame, funnel_end sender, funnel_verdict& verdict) {
    directions_[sender].block_of = frame.Has(kEndHeaders) ? 0 : frame.stream;
    verdict.more = !frame.Has(kEndHeaders);
  }

  [[nodiscard]] bool OnHeaders(const Frame& frame, funnel_end sender, const std::uint8_t* payload,
                               funnel_verdict& verdict) {
    OnBlockPart(frame, sender, verdict);
    if (sender != end_) return true;
    if (!IsShortBlock(frame)) {
      // Nobody has checked what that block does.
      table_size_ = kUsualTableSize;
      verdict.order = FUNNEL_BARRIER;
      return true;
    }

    Part block;
    if (!FindBlock(frame, payload, block)) return false;
    const std::optional<TableUse> use = ReadBlock(block);
    if (!use) return false;
    if (use->resized_to) {
      table_size_ = *use->resized_to;
      verdict.order = FUNNEL_BARRIER;
    }

    AddKey(verdict, frame.stream, kStreamSpace);
    const bool promises = frame.type == kPushPromise;
    if (promises) AddKey(verdict, PromisedStream(frame, payload), kStreamSpace);
    const bool inserts = use->inserts && table_size_ > 0;
    if (inserts || promises || Opens(frame))
      AddKey(verdict, 0, kHeaderSpace);
    else if (use->refers)
      AddKey(verdict, 0, kHeaderSpace, FUNNEL_SHARED);
    if (!promises && frame.stream % 2 == 0 && verdict.order != FUNNEL_BARRIER)
      verdict.order = FUNNEL_AFTER_ALL;
    return true;
  }

  // Whether what the client sends opens a stream.
  [[nodiscard]] bool Opens(const Frame& frame) const {
    return end_ == FUNNEL_CLIENT && frame.type == kHeaders && frame.stream > highest_;
  }

  // --- how many streams the server may count

  void Count(const Frame& frame, funnel_end sender, funnel_verdict& verdict) {
    const bool from_client = sender == FUNNEL_CLIENT;
    const bool ends = (frame.type == kData || frame.type == kHeaders) && frame.Has(kEndStream);
    if (from_client && verdict.order == FUNNEL_BARRIER) streams_.OnOrdered();
    if (from_client && Opens(frame)) {
      highest_ = frame.stream;
      if (streams_.Open(frame.stream, ends) && verdict.order != FUNNEL_BARRIER)
        verdict.order = FUNNEL_AFTER_ALL;
    } else if (ends) {
      streams_.End(frame.stream, sender);
    } else if (frame.type == kRstStream) {
      streams_.Reset(frame.stream, sender);
    }
  }

  const funnel_end end_;
  bool preface_seen_ = false;
  Direction directions_[2];
  // For the direction that this edge sends.
  std::uint32_t table_size_ = kUsualTableSize;
  std::uint32_t highest_ = 0;
  OpenStreams streams_;
};

}  // namespace
}  // namespace http2

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, http2::Connection>::Make({
        .name = "http2",
        .summary = "HTTP/2 over TCP, and gRPC (RFC 9113)",
        .head_max = http2::kHeadMax,
    });
