#include "modules/imap/command.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "modules/common/ascii.h"
#include "modules/imap/line.h"

namespace imap {
namespace {

using funnel_modules::EqualsIgnoringCase;

struct VerbRow {
  std::string_view name;
  Verb verb;
};
constexpr VerbRow kVerbs[] = {
    {"STARTTLS", Verb::kStartTls},
    {"COMPRESS", Verb::kCompress},
    {"AUTHENTICATE", Verb::kAuthenticate},
    {"IDLE", Verb::kIdle},
};

// If a name ends with "[" a section follows it. An item that is not listed may depend on anything.
struct ItemRow {
  std::string_view name;
  Flags flags;
};
constexpr ItemRow kItems[] = {
    {"UID", Flags::kNone},           {"ENVELOPE", Flags::kNone},
    {"INTERNALDATE", Flags::kNone},  {"RFC822.SIZE", Flags::kNone},
    {"RFC822.HEADER", Flags::kNone}, {"BODY", Flags::kNone},
    {"BODYSTRUCTURE", Flags::kNone}, {"BODY.PEEK[", Flags::kNone},
    {"BINARY.PEEK[", Flags::kNone},  {"BINARY.SIZE[", Flags::kNone},
    {"PREVIEW", Flags::kNone},       {"EMAILID", Flags::kNone},
    {"THREADID", Flags::kNone},      {"FLAGS", Flags::kReads},
    {"ALL", Flags::kReads},          {"FAST", Flags::kReads},
    {"FULL", Flags::kReads},         {"BODY[", Flags::kSets},
    {"BINARY[", Flags::kSets},       {"RFC822", Flags::kSets},
    {"RFC822.TEXT", Flags::kSets},
};

// Removes one item from TEXT, with its section and the requested part of it: <0.100>.
std::optional<Flags> TakeItem(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" [)"), text.size());
  const bool section = end < text.size() && text[end] == '[';
  const std::string_view name = text.substr(0, end + (section ? 1 : 0));
  const ItemRow* row = std::ranges::find_if(
      kItems, [name](const ItemRow& item) { return EqualsIgnoringCase(item.name, name); });
  if (row == std::end(kItems)) return std::nullopt;

  text.remove_prefix(name.size());
  if (!section) return row->flags;
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  text.remove_prefix(close + 1);
  if (text.starts_with('<')) text.remove_prefix(std::min(text.find('>'), text.size() - 1) + 1);
  return row->flags;
}

// ITEMS is one item, or several in parentheses. nullopt: one of them is unknown, or more follows.
std::optional<Flags> ReadItems(std::string_view items) {
  if (!items.ends_with(kLineEnd)) return std::nullopt;
  items.remove_suffix(kLineEnd.size());
  const bool list = items.starts_with('(');
  if (list) {
    if (!items.ends_with(')')) return std::nullopt;
    items.remove_prefix(1);
    items.remove_suffix(1);
  }

  Flags all = Flags::kNone;
  for (;;) {
    const std::optional flags = TakeItem(items);
    if (!flags) return std::nullopt;
    all = std::max(all, *flags);
    if (items.empty()) return all;
    if (!list || items[0] != ' ') return std::nullopt;
    items.remove_prefix(1);
  }
}

// Reads a set of UIDs, if it lists few of them.
void ReadUids(std::string_view set, Command& command) {
  for (;;) {
    const std::size_t comma = std::min(set.find(','), set.size());
    const std::optional uid = ReadNumber(set.substr(0, comma));
    if (!uid || command.uid_count == Command::kMaxUids) {
      command.uid_count = 0;
      return;
    }
    command.uids[command.uid_count++] = *uid;
    if (comma == set.size()) return;
    set.remove_prefix(comma + 1);
  }
}

void ReadUidCommand(std::string_view rest, Command& command) {
  if (!EqualsIgnoringCase(TakeWord(rest), "FETCH")) return;
  command.verb = Verb::kUidFetch;
  ReadUids(TakeWord(rest), command);
  const std::optional flags = ReadItems(rest);
  command.overtakes = flags.has_value();
  if (flags) command.flags = *flags;
}

bool IsBase64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=';
}

}  // namespace

bool ParseCommand(std::string_view line, Command& command) {
  command.tag = TakeWord(line);
  const std::string_view name = TakeWord(line);
  if (!IsTag(command.tag) || !IsName(name)) return false;
  if (EqualsIgnoringCase(name, "UID")) {
    ReadUidCommand(line, command);
    return true;
  }
  const VerbRow* row = std::ranges::find_if(
      kVerbs, [name](const VerbRow& verb) { return EqualsIgnoringCase(verb.name, name); });
  if (row != std::end(kVerbs)) command.verb = row->verb;
  return true;
}

bool IsSaslLine(std::string_view line) {
  return line == "*" || std::ranges::all_of(line, IsBase64);
}

bool NamesModSequences(std::string_view line) {
  for (const std::string_view name : {"CONDSTORE", "QRESYNC", "MODSEQ", "CHANGEDSINCE"})
    for (std::size_t at = 0; at + name.size() <= line.size(); ++at)
      if (EqualsIgnoringCase(line.substr(at, name.size()), name)) return true;
  return false;
}

}  // namespace imap
