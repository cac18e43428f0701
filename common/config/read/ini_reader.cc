#include "common/config/read/ini_reader.h"

#include <fcntl.h>
#include <ini.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "common/base/text.h"
#include "common/base/unique_fd.h"

namespace funnel::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view TrimRight(std::string_view text) {
  std::size_t last = text.find_last_not_of(kBlanks);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

// Cuts off a comment: `;` or `#` at the begin of the line, or a `;` after a blank.
std::string_view StripComment(std::string_view line) {
  if (line.starts_with(';') || line.starts_with('#')) return {};
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == ';' && kBlanks.find(line[i - 1]) != std::string_view::npos)
      return line.substr(0, i);
  }
  return line;
}

bool IsKeyCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsKeyCharacter);
}

// One parse. The reader callback gives inih a line that is known to be good, or an empty one in
// place of any other. The entry callback runs before the next line is read, so `line_` is the line
// that it belongs to.
class Reading {
 public:
  Reading(IniFile& file, std::string_view text) : file_(file), rest_(text) {}

  void Run() {
    if (!TakeEncoding()) return;
    int result = ini_parse_stream(NextLine, this, TakeEntry, this);
    if (result != 0) Add(std::max(result, 0), "cannot be parsed as INI");
    CloseSection();
  }

 private:
  // Reports what editors of other systems put before a file's first line. False: the file
  // cannot be read.
  bool TakeEncoding() {
    if (rest_.starts_with("\xFF\xFE") || rest_.starts_with("\xFE\xFF"))
      return Add(1, "the file is UTF-16: save it as UTF-8 without a byte order mark");
    if (rest_.starts_with(kByteOrderMark)) {
      Add(1, "a byte order mark stands before the first line: save the file as UTF-8 without it");
      rest_.remove_prefix(kByteOrderMark.size());
    }
    // With the line ends of old Macs the whole file would be one line.
    if (rest_.find('\r') != std::string_view::npos && rest_.find('\n') == std::string_view::npos)
      return Add(1, "lines end with a carriage return only: save the file with newlines");
    return true;
  }

  static char* NextLine(char* out, int size, void* self) {
    return static_cast<Reading*>(self)->Feed(out, size);
  }
  static int TakeEntry(void* self, const char* section, const char* key, const char* value) {
    static_cast<Reading*>(self)->Store(section, key, value);
    return 1;
  }

  char* Feed(char* out, int size) {
    if (rest_.empty()) return nullptr;
    std::size_t end = rest_.find('\n');
    std::string_view raw = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    ++line_;

    std::string_view content = TrimRight(StripComment(raw));
    if (!Accept(raw, content)) content = {};
    // Accept has limited it to kMaxLineLength; where inih was built with a smaller buffer, it gets
    // nothing.
    if (content.size() + 2 > static_cast<std::size_t>(size)) {
      Add(line_, "the line is too long for this build of inih");
      content = {};
    }

    if (!content.empty()) std::memcpy(out, content.data(), content.size());
    std::memcpy(out + content.size(), "\n", 2);
    return out;
  }

  // Whether inih reads this line as we do; reports what is wrong otherwise.
  bool Accept(std::string_view raw, std::string_view content) {
    if (raw.find('\0') != std::string_view::npos) return Add(line_, "NUL byte");
    if (content.empty()) return true;
    if (kBlanks.find(content.front()) != std::string_view::npos) {
      return Add(line_, "the line is indented (it would continue the value above it)");
    }
    if (content.size() > kMaxLineLength) {
      return Add(line_, "the line is longer than " + std::to_string(kMaxLineLength) + " bytes");
    }
    if (std::any_of(content.begin(), content.end(),
                    [](char c) { return IsControl(c) && c != '\t'; })) {
      return Add(line_, "control character");
    }
    return content.starts_with('[') ? AcceptSection(content) : AcceptEntry(content);
  }

  bool AcceptSection(std::string_view content) {
    CloseSection();
    section_ = Section::kBad;

    std::string_view name = content.substr(1, content.size() - 2);
    if (!content.ends_with(']') || !IsWord(name)) {
      return Add(line_, "[section] is expected, not " + EscapeForLog(content));
    }
    if (name.size() > kMaxSectionLength) return Add(line_, "the section's name is too long");

    auto same = [name](const IniSection& section) { return section.name == name; };
    auto first = std::find_if(file_.sections.begin(), file_.sections.end(), same);
    section_ = Section::kGood;
    if (first != file_.sections.end()) {
      // The section's keys are checked all the same.
      Add(line_, "section [" + std::string(name) + "] again (first at line " +
                     std::to_string(first->line) + ")");
      return true;
    }

    file_.sections.push_back({std::string(name), line_});
    open_section_ = &file_.sections.back();
    entries_before_ = file_.entries.size() + mistaken_entries_;
    return true;
  }

  bool AcceptEntry(std::string_view content) {
    std::size_t equals = content.find('=');
    std::string_view key = TrimRight(content.substr(0, equals));
    if (equals == std::string_view::npos || !IsWord(key)) {
      ++mistaken_entries_;
      return Add(line_, "`key = value` is expected, not " + EscapeForLog(content, 60));
    }

    bool has_value = content.find_first_not_of(kBlanks, equals + 1) != std::string_view::npos;
    if (!has_value) {
      ++mistaken_entries_;
      return Add(line_, std::string(key) + ": the value is missing");
    }

    if (section_ == Section::kGood) return true;
    ++mistaken_entries_;
    if (section_ == Section::kBad) return false;  // its section's line has been reported
    return Add(line_, std::string(key) + ": stands before any [section]");
  }

  void Store(const char* section, const char* key, const char* value) {
    file_.entries.push_back({section, key, value, line_});
  }

  void CloseSection() {
    if (open_section_ != nullptr && file_.entries.size() + mistaken_entries_ == entries_before_) {
      Add(open_section_->line, "section [" + open_section_->name + "] is empty");
    }
    open_section_ = nullptr;
  }

  // Returns false, so that callers can `return Add(...)`.
  bool Add(int line, std::string text) {
    file_.mistakes.push_back({file_.path, line, std::move(text)});
    return false;
  }

  IniFile& file_;
  std::string_view rest_;
  int line_ = 0;
  enum class Section { kNone, kBad, kGood } section_ = Section::kNone;
  const IniSection* open_section_ = nullptr;
  std::size_t entries_before_ = 0;
  std::size_t mistaken_entries_ = 0;
};

Result<std::string> ReadText(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return FailErrno("cannot be read");
  struct stat about{};
  if (fstat(fd.get(), &about) != 0) return FailErrno("cannot be read");
  if (!S_ISREG(about.st_mode)) return Fail("is not a regular file");
  std::string text;
  char buffer[16384];

  for (;;) {
    ssize_t count = read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("cannot be read");
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kMaxFileBytes) return Fail("is larger than 1 MiB");
  }
}

}  // namespace

IniFile ParseIni(std::string path, std::string_view text) {
  IniFile file;
  file.path = std::move(path);
  Reading(file, text).Run();
  return file;
}

IniFile ReadIni(const std::string& path) {
  auto text = ReadText(path);
  if (text) return ParseIni(path, *text);
  IniFile file;
  file.path = path;
  file.mistakes.push_back({path, 0, text.error().message});
  return file;
}

}  // namespace funnel::config
