// What modules in C++ have in common: numbers as they are on the wire, keys, and the exported
// table, which is made from classes:
//
//   Config       default: the service sets no option
//                const char* Set(std::string_view name, std::string_view value): for an option that
//                the module knows; returns a sentence about what is wrong, or nullptr
//   Connection   Connection(const Config&), or with funnel_end after it: one connection at one of
//                its edges
//                void Read(funnel_end, const std::uint8_t* bytes, std::size_t size,
//                          funnel_verdict&)
//                or void: the module is for datagrams only
//   Datagram     void: the module is for connections only; or a class with
//                static void Read(const Config&, funnel_end, const std::uint8_t* bytes,
//                                 std::size_t size, funnel_datagram&)
//
// It is part of each module, and no interface: others need nothing but module.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <new>
#include <string_view>
#include <type_traits>

#include "modules/module.h"

namespace funnel_modules {

inline unsigned Load16(const std::uint8_t* at) { return static_cast<unsigned>(at[0]) << 8 | at[1]; }
inline std::uint32_t Load24(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 16 | Load16(at + 1);
}
inline std::uint32_t Load32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(Load16(at)) << 16 | Load16(at + 2);
}

// FNV-1a, 64 bits, of a name, as the value of a key. Continues from HASH.
constexpr std::uint64_t kNoName = 0xcbf29ce484222325;
inline std::uint64_t Hash(std::string_view name, std::uint64_t hash = kNoName) {
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return hash;
}

// If there are more keys than a verdict has room for, the message becomes a barrier.
inline void AddKey(funnel_verdict& verdict, std::uint64_t value, std::uint32_t space,
                   funnel_mode mode = FUNNEL_EXCLUSIVE) {
  if (verdict.key_count < FUNNEL_KEYS_MAX)
    verdict.keys[verdict.key_count] = {value, space, static_cast<std::uint32_t>(mode)};
  ++verdict.key_count;
}

inline void SetMessage(funnel_verdict& verdict, std::uint64_t length, const char* label) {
  verdict.kind = FUNNEL_MESSAGE;
  verdict.length = length;
  verdict.label = label;
}
template <typename Verdict>
inline void SetNumber(Verdict& verdict, std::uint64_t number) {
  verdict.number = number;
  verdict.numbered = 1;
}

// Adds BYTES to the key under which a repetition counts as one. A key that gets too long is none.
inline void AddToResendKey(funnel_datagram& verdict, const std::uint8_t* bytes, std::size_t size) {
  if (verdict.resend_key_size + size <= FUNNEL_RESEND_KEY_MAX)
    std::copy_n(bytes, size, verdict.resend_key + verdict.resend_key_size);
  verdict.resend_key_size += static_cast<std::uint32_t>(size);
}
// The same of a number.
inline void AddToResendKey(funnel_datagram& verdict, std::uint64_t value) {
  std::uint8_t bytes[sizeof value];
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
  AddToResendKey(verdict, bytes, sizeof bytes);
}
// The same of what has no limit: 128 bits of a hash of it. Who makes two of his own datagrams
// collide loses one of them.
inline void AddHashToResendKey(funnel_datagram& verdict, std::string_view bytes) {
  constexpr std::uint64_t kAnotherStart = 0x9e3779b97f4a7c15;
  AddToResendKey(verdict, Hash(bytes));
  AddToResendKey(verdict, Hash(bytes, kAnotherStart));
}

// For a module without options.
struct NoOptions {
  const char* Set(std::string_view, std::string_view) { return "there is no such option"; }
};

struct About {
  const char* name;
  const char* summary;
  std::size_t head_max;
  const funnel_option_row* options = nullptr;
};

// One for each module: its functions call those of the classes.
template <typename Config, typename Connection, typename Datagram = void>
class ModuleTable {
 public:
  static constexpr struct funnel_module Make(const About& about) {
    return {
        .abi = FUNNEL_MODULE_ABI,
        .size = sizeof(struct funnel_module),
        .verdict_size = sizeof(funnel_verdict),
        .datagram_size = sizeof(funnel_datagram),
        .name = about.name,
        .summary = about.summary,
        .options = about.options,
        .head_max = static_cast<std::uint32_t>(about.head_max),
        .reserved = 0,
        .configure = Configure,
        .release = [](void* config) { delete static_cast<Config*>(config); },
        .open = kConnections ? Open : nullptr,
        .close = kConnections ? Close : nullptr,
        .read = kConnections ? Read : nullptr,
        .datagram = std::is_void_v<Datagram> ? nullptr : ReadDatagram,
    };
  }

 private:
  static constexpr bool kConnections = !std::is_void_v<Connection>;

  static void* Open(void* config, funnel_end end) {
    const Config& options = *static_cast<const Config*>(config);
    if constexpr (!kConnections)
      return nullptr;
    else if constexpr (std::is_constructible_v<Connection, const Config&, funnel_end>)
      return new (std::nothrow) Connection(options, end);
    else
      return new (std::nothrow) Connection(options);
  }
  static void Close(void* connection) {
    if constexpr (kConnections) delete static_cast<Connection*>(connection);
  }
  static void Read(void* connection, funnel_end sender, const std::uint8_t* bytes, std::size_t size,
                   funnel_verdict* verdict) {
    if constexpr (kConnections)
      static_cast<Connection*>(connection)->Read(sender, bytes, size, *verdict);
  }
  static void ReadDatagram(void* config, funnel_end sender, const std::uint8_t* bytes,
                           std::size_t size, funnel_datagram* verdict) {
    if constexpr (!std::is_void_v<Datagram>)
      Datagram::Read(*static_cast<const Config*>(config), sender, bytes, size, *verdict);
  }
  static void* Configure(const funnel_option* options, std::size_t count, std::size_t* wrong,
                         char* error, std::size_t error_size) {
    Config config;
    for (std::size_t i = 0; i < count; ++i) {
      const char* reason = config.Set(options[i].name, options[i].value);
      if (reason == nullptr) continue;
      *wrong = i;
      std::snprintf(error, error_size, "%s", reason);
      return nullptr;
    }
    void* made = new (std::nothrow) Config(config);
    *wrong = count;
    if (made == nullptr) std::snprintf(error, error_size, "there is no memory");
    return made;
  }
};

}  // namespace funnel_modules
