// FastCGI 1.0: a record has eight bytes of header, content and padding, and belongs to one request
// (section 3.3).
//
//   version 8 | type 8 | request id 16 | content length 16 | padding length 8 | reserved 8
//
// Requests of one connection are multiplexed by their id and do not depend on each other. What the
// web server sends for a request is in order. What the application sends is two streams, STDOUT and
// STDERR, each in order; the end of the request follows both. Management records have no request,
// and are barriers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "modules/common/module_table.h"
#include "modules/module.h"

namespace {

using funnel_modules::AddKey;
using funnel_modules::Load16;

constexpr std::size_t kHeaderSize = 8;
constexpr std::uint8_t kVersion = 1;

enum Type : std::uint8_t {
  kBeginRequest = 1,
  kAbortRequest = 2,
  kEndRequest = 3,
  kParams = 4,
  kStdin = 5,
  kStdout = 6,
  kStderr = 7,
  kData = 8,
  kGetValues = 9,
  kGetValuesResult = 10,
  kUnknownType = 11,
};

constexpr int kAnyLength = -1;

struct Row {
  Type type;
  funnel_end sender;
  bool management;
  int length;  // of its content, where that is fixed
  const char* label;
};
constexpr Row kTypes[] = {
    {kBeginRequest, FUNNEL_CLIENT, false, 8, "begin request"},
    {kAbortRequest, FUNNEL_CLIENT, false, 0, "abort request"},
    {kEndRequest, FUNNEL_SERVER, false, 8, "end request"},
    {kParams, FUNNEL_CLIENT, false, kAnyLength, "params"},
    {kStdin, FUNNEL_CLIENT, false, kAnyLength, "stdin"},
    {kStdout, FUNNEL_SERVER, false, kAnyLength, "stdout"},
    {kStderr, FUNNEL_SERVER, false, kAnyLength, "stderr"},
    {kData, FUNNEL_CLIENT, false, kAnyLength, "data"},
    {kGetValues, FUNNEL_CLIENT, true, kAnyLength, "get values"},
    {kGetValuesResult, FUNNEL_SERVER, true, kAnyLength, "get values result"},
    {kUnknownType, FUNNEL_SERVER, true, 8, "unknown type"},
};

// Spaces of keys: a request, or of its answer the two streams.
enum Space : std::uint32_t { kRequestSpace = 1, kStdoutSpace = 2, kStderrSpace = 3 };

// nullptr: SENDER never sends such a record.
const Row* Recognise(const std::uint8_t* header, funnel_end sender) {
  if (header[0] != kVersion) return nullptr;
  const Row* row = std::ranges::find(kTypes, header[1], &Row::type);
  if (row == std::end(kTypes) || row->sender != sender) return nullptr;
  const bool management = Load16(header + 2) == 0;
  const bool fits =
      row->length == kAnyLength || row->length == static_cast<int>(Load16(header + 4));
  return management == row->management && fits ? row : nullptr;
}

// There is no state from record to record.
struct Connection {
  explicit Connection(const funnel_modules::NoOptions&) {}
  void Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
            funnel_verdict& verdict);
};

void Connection::Read(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
                      funnel_verdict& verdict) {
  if (size < kHeaderSize) {
    verdict.kind = bytes[0] == kVersion ? FUNNEL_NEED_MORE : FUNNEL_MISMATCH;
    return;
  }
  const Row* row = Recognise(bytes, sender);
  if (row == nullptr) {
    verdict.kind = FUNNEL_MISMATCH;
    return;
  }

  const unsigned id = Load16(bytes + 2);
  funnel_modules::SetMessage(verdict, kHeaderSize + Load16(bytes + 4) + bytes[6], row->label);
  if (row->management) {
    verdict.order = FUNNEL_BARRIER;
    return;
  }
  funnel_modules::SetNumber(verdict, id);
  if (sender == FUNNEL_CLIENT) AddKey(verdict, id, kRequestSpace);
  if (row->type == kStdout || row->type == kEndRequest) AddKey(verdict, id, kStdoutSpace);
  if (row->type == kStderr || row->type == kEndRequest) AddKey(verdict, id, kStderrSpace);
}

}  // namespace

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, Connection>::Make({
        .name = "fastcgi",
        .summary = "FastCGI 1.0",
        .head_max = kHeaderSize,
    });
