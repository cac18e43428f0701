// The one table of configuration keys. A key's row has its section, syntax, default, range, the key
// that it may not exceed, what applies a change, the version that introduced it, the counter that
// shows that a limit was reached, its help, and the member that it sets. Parser, checks, help text,
// manual page, and what a reload leaves to a restart all come from these rows. Defaults are the
// initialisers of the structs (model.h); a row has only those that are computed.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/keys/value.h"

namespace funnel::config {

enum class Need { kOptional, kRequired, kList };

// Where a service's key applies; 0: everywhere.
enum Applies : unsigned {
  kEverywhere = 0,
  kUdpOnly = 1,
  kTcpOnly = 2,
  kListenOnly = 4,
  kConnectOnly = 8,
  kSocksOnly = 16,
  kNotSocks = 32,  // only where the backends are in the file
  kCommandOnly = 64,
};

// What makes a changed value effective.
enum class Applied {
  kReload,         // systemctl reload
  kRestart,        // a restart of the daemons that read it
  kUnitRestart,    // the generated part of the unit has it, too: daemon-reload, then a restart
  kSocketRestart,  // the same for the socket unit
};

// A member of a file's struct.
struct Member {
  // The member of OBJECT, which is a NodeConfig, PeerConfig or ServiceConfig.
  Field (*in)(void* object);
  // The member's name in the struct: the key's own name with underscores; before it the section's
  // for [relay] and the like, after it "_bytes" for sizes. A test compares.
  std::string_view name;
};

struct KeyRow {
  std::string_view section;
  std::string_view key;
  Type type;
  Member member;
  std::string_view help;
  Range range = {};
  Need need = Need::kOptional;
  unsigned applies = kEverywhere;
  std::string_view computed_default = {};  // in words, if it depends on other keys
  std::string_view since = "0.1";
  Applied applied = Applied::kReload;
  // The key of the same section that limits this one: this, times `factor`, may not exceed it.
  // Empty: none.
  std::string_view not_above = {};
  std::int64_t factor = 1;
  // For a limit: the counter that rises when it refuses something, or "ONE or ANOTHER" where
  // daemons have different names for it.
  std::string_view counted_in = {};
};

// A file's rows, in the order in which help shows them. Rows of one section are adjacent.
[[nodiscard]] std::span<const KeyRow> NodeKeys();
[[nodiscard]] std::span<const KeyRow> PeerKeys();
[[nodiscard]] std::span<const KeyRow> ServiceKeys();
// The parts of NodeKeys: keys_node.cc, SctpKeys and keys_control.cc.
[[nodiscard]] std::span<const KeyRow> BaseKeys();
[[nodiscard]] std::span<const KeyRow> SctpKeys();
[[nodiscard]] std::span<const KeyRow> ControlKeys();
// The parts of SctpKeys: keys_sctp.cc and keys_association.cc.
[[nodiscard]] std::span<const KeyRow> EngineKeys();
[[nodiscard]] std::span<const KeyRow> AssociationKeys();
// Parts of ServiceKeys: keys_clients.cc, keys_command.cc, keys_connect.cc, keys_modules.cc,
// keys_tcp.cc and keys_udp.cc.
[[nodiscard]] std::span<const KeyRow> ClientKeys();
// Whether a service with protocol = command may have the key (keys_command.cc).
[[nodiscard]] bool IsForCommands(const KeyRow& row);
[[nodiscard]] std::span<const KeyRow> CommandListenKeys();
[[nodiscard]] std::span<const KeyRow> CommandConnectKeys();
[[nodiscard]] std::span<const KeyRow> ConnectKeys();
[[nodiscard]] std::span<const KeyRow> ModuleKeys();
[[nodiscard]] std::span<const KeyRow> TcpKeys();
[[nodiscard]] std::span<const KeyRow> UdpKeys();
// Joins several tables into one.
[[nodiscard]] std::vector<KeyRow> Joined(std::initializer_list<std::span<const KeyRow>> tables);

[[nodiscard]] const KeyRow* FindKey(std::span<const KeyRow> rows, std::string_view section,
                                    std::string_view key);
[[nodiscard]] bool HasSection(std::span<const KeyRow> rows, std::string_view section);

// The default as one could write it, or the words of computed_default; "" if there is none.
[[nodiscard]] std::string PrintDefault(const KeyRow& row);

template <typename Object, typename Type>
Object OwnerOf(Type Object::*);

template <auto kFirst, auto... kRest>
Field FieldAt(void* object) {
  using Owner = decltype(OwnerOf(kFirst));
  return &((static_cast<Owner*>(object)->*kFirst).*....*kRest);
}

// "rto_min" of &SctpConfig::rto_min. Compilers write a pointer to a member as the source does, in
// "... [with auto kMember = &funnel::config::SctpConfig::rto_min; ...]" or without "with" and ";".
template <auto kMember>
constexpr std::string_view NameOf() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("kMember = "));
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);
}

// At<&NodeConfig::sctp, &SctpConfig::rto_min> is the member at the end of that path. `object` is of
// the first pointer's class.
template <auto kFirst, auto... kRest>
constexpr Member At = {FieldAt<kFirst, kRest...>, (NameOf<kFirst>(), ..., NameOf<kRest>())};

template <auto kMember>
constexpr Member Sctp = At<&NodeConfig::sctp, kMember>;

}  // namespace funnel::config
