// The one table of configuration: a row for each key gives where it stands, its syntax, default,
// range, which key it may not exceed, what applies a change of it, the version it came with, which
// counter shows that a limit was reached, its help, and the member it sets. Parser, checks, help
// text, the man page and what a reload leaves to a restart all come from these rows. Defaults are
// the initialisers in model.h; only computed ones are told here.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/config/keys/value.h"

namespace funnel::config {

enum class Need { kOptional, kRequired, kList };

// Where a service's key makes sense; 0: everywhere.
enum Applies : unsigned {
  kEverywhere = 0,
  kUdpOnly = 1,
  kTcpOnly = 2,
  kListenOnly = 4,
  kConnectOnly = 8,
};

// What puts a changed value in force.
enum class Applied {
  kReload,         // systemctl reload
  kRestart,        // a restart of the daemons that read it
  kUnitRestart,    // the generated part of the unit holds it too: daemon-reload, then a restart
  kSocketRestart,  // the same of the socket unit
};

struct KeyRow {
  std::string_view section;
  std::string_view key;
  Type type;
  // OBJECT is the file's struct: NodeConfig, PeerConfig or ServiceConfig.
  Field (*field)(void* object);
  std::string_view help;
  Range range = {};
  Need need = Need::kOptional;
  unsigned applies = kEverywhere;
  std::string_view computed_default = {};  // in words, where it depends on other keys
  std::string_view since = "0.1";
  Applied applied = Applied::kReload;
  // The key of the same section that this one, times `factor`, may not exceed; empty: none.
  std::string_view not_above = {};
  std::int64_t factor = 1;
  // Of a limit: the counter that rises when it turns something away, or "ONE or ANOTHER" where
  // daemons call it by different names.
  std::string_view counted_in = {};
};

// For the tables: ROW, of which only a restart applies a change.
constexpr KeyRow OnRestart(KeyRow row, Applied applied = Applied::kRestart) {
  row.applied = applied;
  return row;
}
// ROW, a limit; what it turns away is counted in COUNTER.
constexpr KeyRow Limit(std::string_view counter, KeyRow row) {
  row.counted_in = counter;
  return row;
}
// ROW, which FACTOR times must not exceed OTHER.
constexpr KeyRow NotAbove(std::string_view other, KeyRow row, std::int64_t factor = 1) {
  row.not_above = other;
  row.factor = factor;
  return row;
}

// A file's rows, in the order in which help shows them. Those of one section are neighbours.
[[nodiscard]] std::span<const KeyRow> NodeKeys();
[[nodiscard]] std::span<const KeyRow> PeerKeys();
[[nodiscard]] std::span<const KeyRow> ServiceKeys();
// What NodeKeys is made of: keys_node.cc, keys_sctp.cc and keys_control.cc.
[[nodiscard]] std::span<const KeyRow> BaseKeys();
[[nodiscard]] std::span<const KeyRow> SctpKeys();
[[nodiscard]] std::span<const KeyRow> ControlKeys();
// A part of ServiceKeys: keys_udp.cc.
[[nodiscard]] std::span<const KeyRow> UdpKeys();

[[nodiscard]] const KeyRow* FindKey(std::span<const KeyRow> rows, std::string_view section,
                                    std::string_view key);
[[nodiscard]] bool HasSection(std::span<const KeyRow> rows, std::string_view section);

// The default as it could be written; the words of computed_default; "" where there is none.
[[nodiscard]] std::string PrintDefault(const KeyRow& row);

// At<&NodeConfig::sctp, &SctpConfig::rto_min>: the member at the end of that path. The first
// pointer's class is what `object` is.
template <typename Object, typename Member>
Object OwnerOf(Member Object::*);

template <auto kFirst, auto... kRest>
Field At(void* object) {
  using Owner = decltype(OwnerOf(kFirst));
  return &((static_cast<Owner*>(object)->*kFirst).*....*kRest);
}

}  // namespace funnel::config
