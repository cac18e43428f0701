// Reads one INI file with inih behind a line reader of our own, which sees to what inih cannot: it
// counts lines, notes sections, strips comments, and rejects what inih would misread in silence
// (indented lines, lines beyond its buffer, lines that are nothing). Every mistake is collected.
//
//   [section]
//   key = value          ; a comment begins at a `;` behind a blank
//   ; or # as the first character of a line: a comment
//
// Keys are of [a-z0-9-]. There is no quoting and no continuation: a value cannot hold " ;".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/model.h"

namespace funnel::config {

// What inih's buffer of 200 holds, less the newline and the NUL; comments do not count.
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

// A file that cannot be read is one mistake.
[[nodiscard]] IniFile ReadIni(const std::string& path);

}  // namespace funnel::config
