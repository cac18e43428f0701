// Reads one INI file with inih behind a line reader of our own, which does what inih cannot: it
// counts lines, notes sections, strips comments, and rejects what inih would silently misread
// (indented lines, lines longer than its buffer, lines without any meaning). It collects all
// mistakes.
//
//   [section]
//   key = value          ; a comment begins at a `;` after a blank
//   ; or # as the first character of a line: a comment
//
// Keys consist of [a-z0-9-]. There is no quoting and no continuation: a value cannot contain " ;".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/config/origin.h"

namespace funnel::config {

// What inih's buffer of 200 holds, without the newline and the NUL; comments do not count.
inline constexpr std::size_t kMaxLineLength = 198;
inline constexpr std::size_t kMaxSectionLength = 48;
inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;

struct IniEntry {
  std::string section;
  std::string key;
  std::string value;
  int line = 0;
};

struct IniSection {
  std::string name;
  int line = 0;
};

struct IniFile {
  std::string path;  // for messages
  std::vector<IniSection> sections;
  std::vector<IniEntry> entries;
  std::vector<Mistake> mistakes;
};

// PATH is for messages only.
[[nodiscard]] IniFile ParseIni(std::string path, std::string_view text);

// If the file cannot be read, that is one mistake.
[[nodiscard]] IniFile ReadIni(const std::string& path);

}  // namespace funnel::config
