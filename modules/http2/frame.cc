#include "modules/http2/frame.h"

#include <algorithm>
#include <iterator>

#include "modules/common/module_table.h"

namespace http2 {
namespace {

using funnel_modules::Load24;
using funnel_modules::Load32;

constexpr std::uint32_t kStreamMask = 0x7fffffff;

enum class On { kConnection, kStream, kEither };

struct Row {
  Type type;
  On on;
  std::uint32_t least, most;  // of the payload
  std::uint32_t unit;         // the payload is a multiple of it
  const char* label;
};
constexpr Row kTypes[] = {
    {kData, On::kStream, 0, kMostMaxFrame, 1, "data"},
    {kHeaders, On::kStream, 0, kMostMaxFrame, 1, "headers"},
    {kPriority, On::kStream, 5, 5, 1, "priority"},
    {kRstStream, On::kStream, 4, 4, 1, "rst_stream"},
    {kSettings, On::kConnection, 0, kMostMaxFrame, 6, "settings"},
    {kPushPromise, On::kStream, 4, kMostMaxFrame, 1, "push_promise"},
    {kPing, On::kConnection, 8, 8, 1, "ping"},
    {kGoaway, On::kConnection, 8, kMostMaxFrame, 1, "goaway"},
    {kWindowUpdate, On::kEither, 4, 4, 1, "window_update"},
    {kContinuation, On::kStream, 0, kMostMaxFrame, 1, "continuation"},
};

const Row* Find(std::uint8_t type) {
  const Row* row = std::ranges::find(kTypes, type, &Row::type);
  return row == std::end(kTypes) ? nullptr : row;
}

}  // namespace

Frame Frame::Parse(const std::uint8_t* at) {
  return {
      .length = Load24(at), .type = at[3], .flags = at[4], .stream = Load32(at + 5) & kStreamMask};
}

bool IsRecognised(const Frame& frame, funnel_end sender) {
  const Row* row = Find(frame.type);
  if (row == nullptr) return true;
  if (frame.length < row->least || frame.length > row->most || frame.length % row->unit != 0)
    return false;
  if (row->on != On::kEither && (row->on == On::kStream) != (frame.stream != 0)) return false;
  switch (frame.type) {
    case kSettings:
      return !frame.Has(kAck) || frame.length == 0;
    case kPushPromise:
      return sender == FUNNEL_SERVER;
    case kHeaders:
    case kData:
      // A client cannot send on streams that a server has opened (section 8.4).
      return sender == FUNNEL_SERVER || frame.stream % 2 == 1;
    default:
      return true;
  }
}

const char* LabelOf(const Frame& frame) {
  if (frame.type == kSettings && frame.Has(kAck)) return "settings ack";
  if (frame.type == kPing && frame.Has(kAck)) return "ping ack";
  const Row* row = Find(frame.type);
  return row == nullptr ? "extension" : row->label;
}

bool FindBlock(const Frame& frame, const std::uint8_t* payload, Part& block) {
  std::size_t before = 0, behind = 0;
  if (frame.Has(kPadded)) {
    if (frame.length == 0) return false;
    before = 1;
    behind = payload[0];
  }
  if (frame.type == kPushPromise)
    before += 4;
  else if (frame.Has(kWithPriority))
    before += 5;
  if (before + behind > frame.length) return false;
  block = {payload + before, frame.length - before - behind};
  return true;
}

std::uint32_t PromisedStream(const Frame& frame, const std::uint8_t* payload) {
  return Load32(payload + (frame.Has(kPadded) ? 1 : 0)) & kStreamMask;
}

}  // namespace http2
