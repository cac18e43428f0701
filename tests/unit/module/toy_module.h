// An invented protocol, for tests of code that works with modules:
//
//   length 16 | type 8 | key 8 | LENGTH bytes
//
// Types: 'k' by its exclusive key, 'r' by its shared one, 'f' free, 'l' after all, 'b' a barrier,
// 'p' as 'k' with another part to follow, 's' from here on a stream, 'w' an answer that no module
// may give. Any other type does not follow the protocol.
#pragma once

#include <string>

#include "common/base/bytes.h"
#include "modules/module.h"

namespace funnel::module {

inline constexpr std::size_t kToyHeader = 4;

inline Bytes Toy(char type, char key, std::size_t length = 3) {
  ByteWriter out;
  out.U16(static_cast<std::uint16_t>(length));
  out.U8(static_cast<std::uint8_t>(type)).U8(static_cast<std::uint8_t>(key));
  return out.Append(std::string(length, key)).Release();
}

inline void ReadToy(void*, funnel_end, const std::uint8_t* bytes, std::size_t size,
                    funnel_verdict* verdict) {
  if (size < kToyHeader) return;
  const char type = static_cast<char>(bytes[2]);
  verdict->kind = FUNNEL_MESSAGE;
  verdict->length = kToyHeader + LoadBigEndian<2>(bytes);
  verdict->label = "toy";
  verdict->number = bytes[3];
  verdict->numbered = 1;

  switch (type) {
    case 'p':
      verdict->more = 1;
      [[fallthrough]];
    case 'k':
      verdict->keys[verdict->key_count++] = {bytes[3], 0, FUNNEL_EXCLUSIVE};
      return;
    case 'r':
      verdict->keys[verdict->key_count++] = {bytes[3], 0, FUNNEL_SHARED};
      return;
    case 'f':
      return;
    case 'l':
      verdict->order = FUNNEL_AFTER_ALL;
      return;
    case 'b':
      verdict->order = FUNNEL_BARRIER;
      return;
    case 's':
      verdict->kind = FUNNEL_STREAM;
      return;
    case 'w':
      verdict->order = 77;
      verdict->key_count = 1000;
      return;
    default:
      verdict->kind = FUNNEL_MISMATCH;
  }
}

inline char toy_object;

inline const struct funnel_module kToyModule = {
    .abi = FUNNEL_MODULE_ABI,
    .size = sizeof(struct funnel_module),
    .verdict_size = sizeof(funnel_verdict),
    .datagram_size = sizeof(funnel_datagram),
    .name = "toy",
    .summary = "a protocol of tests",
    .options = nullptr,
    .head_max = 16,
    .reserved = 0,
    .configure = [](const funnel_option*, std::size_t, std::size_t*, char*, std::size_t) -> void* {
      return &toy_object;
    },
    .release = [](void*) {},
    .open = [](void* config, funnel_end) { return config; },
    .close = [](void*) {},
    .read = ReadToy,
    .datagram = nullptr,
};

}  // namespace funnel::module
