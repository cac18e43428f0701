// FastCGI 1.0: records of eight bytes of header, content and padding, each of one request
// (section 3.3).
//
//   version 8 | type 8 | request id 16 | content length 16 | padding length 8 | reserved 8
//
// Requests of one connection are multiplexed by their id and independent of each other. What the
// web server sends of a request is in order. What the application sends is two streams, STDOUT and
// STDERR, each in order; the end of the request comes after both. Management records have no
// request, and are barriers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "modules/module.h"

namespace {

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

unsigned Load16(const std::uint8_t* at) { return static_cast<unsigned>(at[0]) << 8 | at[1]; }

// nullptr: SENDER sends no such record.
const Row* Recognise(const std::uint8_t* header, funnel_end sender) {
  if (header[0] != kVersion) return nullptr;
  const Row* row = std::ranges::find(kTypes, header[1], &Row::type);
  if (row == std::end(kTypes) || row->sender != sender) return nullptr;
  const bool management = Load16(header + 2) == 0;
  const bool fits =
      row->length == kAnyLength || row->length == static_cast<int>(Load16(header + 4));
  return management == row->management && fits ? row : nullptr;
}

void AddKey(funnel_verdict& verdict, unsigned id, Space space) {
  verdict.keys[verdict.key_count++] = {id, space, FUNNEL_EXCLUSIVE};
}

void Read(void*, funnel_end sender, const std::uint8_t* bytes, std::size_t size,
          funnel_verdict* verdict) {
  if (size < kHeaderSize) {
    verdict->kind = bytes[0] == kVersion ? FUNNEL_NEED_MORE : FUNNEL_MISMATCH;
    return;
  }
  const Row* row = Recognise(bytes, sender);
  if (row == nullptr) {
    verdict->kind = FUNNEL_MISMATCH;
    return;
  }

  const unsigned id = Load16(bytes + 2);
  verdict->kind = FUNNEL_MESSAGE;
  verdict->length = kHeaderSize + Load16(bytes + 4) + bytes[6];
  verdict->label = row->label;
  verdict->number = id;
  verdict->numbered = !row->management;
  if (row->management)
    verdict->order = FUNNEL_BARRIER;
  else if (sender == FUNNEL_CLIENT)
    AddKey(*verdict, id, kRequestSpace);
  if (row->type == kStdout || row->type == kEndRequest) AddKey(*verdict, id, kStdoutSpace);
  if (row->type == kStderr || row->type == kEndRequest) AddKey(*verdict, id, kStderrSpace);
}

// Nothing is remembered from record to record, and there are no options: any address will do.
char nothing;

void* Configure(const funnel_option*, std::size_t, std::size_t*, char*, std::size_t) {
  return &nothing;
}
void Release(void*) {}
void* Open(void*, funnel_end) { return &nothing; }
void Close(void*) {}

}  // namespace

extern "C" const struct funnel_module funnel_module = {
    .abi = FUNNEL_MODULE_ABI,
    .size = sizeof(struct funnel_module),
    .verdict_size = sizeof(funnel_verdict),
    .datagram_size = sizeof(funnel_datagram),
    .name = "fastcgi",
    .summary = "FastCGI 1.0",
    .options = nullptr,
    .head_max = kHeaderSize,
    .reserved = 0,
    .configure = Configure,
    .release = Release,
    .open = Open,
    .close = Close,
    .read = Read,
    .datagram = nullptr,
};
