#include "common/config/command_line.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "common/base/text.h"

namespace funnel::config {
namespace {

constexpr std::pair<char, char> kCommandEscapes[] = {
    {'a', '\a'}, {'b', '\b'}, {'f', '\f'},  {'n', '\n'}, {'r', '\r'},  {'t', '\t'},
    {'v', '\v'}, {'s', ' '},  {'\\', '\\'}, {'"', '"'},  {'\'', '\''},
};

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Reads one word after the other.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  // nullopt: there is no further one.
  Result<std::optional<std::string>> Next() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    if (at_ == text_.size()) return std::optional<std::string>();
    std::string word;
    char quote = 0;

    for (; at_ < text_.size() && (quote != 0 || !IsBlank(text_[at_])); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == '\\') {
        word += TRY(Escape());
      } else if (c == '%') {
        if (++at_ == text_.size() || text_[at_] != '%')
          return Fail("% has no meaning here; %% is one of it");
        word += '%';
      } else {
        word += c;
      }
    }

    if (quote != 0) return Fail(std::string("there is no second ") + quote);
    return std::optional(std::move(word));
  }

 private:
  // Stands at the backslash, and then at the last character that belongs to it.
  Result<char> Escape() {
    const char c = ++at_ < text_.size() ? text_[at_] : '\0';
    if (c == 'x') {
      const auto byte = HexDecode(text_.substr(std::min(at_ + 1, text_.size()), 2));
      if (!byte || byte->size() != 1 || byte->front() == 0)
        return Fail("two hexadecimal digits are expected behind \\x, and not 00");
      at_ += 2;
      return static_cast<char>(byte->front());
    }

    const auto* escape = std::ranges::find(kCommandEscapes, c, &std::pair<char, char>::first);
    if (escape == std::end(kCommandEscapes))
      return Fail("behind a backslash another one, a quote, or one of abfnrstvx is expected");
    return escape->second;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<CommandLine> CommandLine::Parse(std::string_view text) {
  CommandLine out{.written = std::string(text), .words = {}};
  WordReader reader(text);
  while (auto word = TRY(reader.Next())) out.words.push_back(*std::move(word));
  if (out.words.empty() || !out.words.front().starts_with('/'))
    return Fail("a program's path that begins with / is expected");
  if (out.words.size() > kMaxWords)
    return Fail("it has more than " + std::to_string(kMaxWords) + " words");
  return out;
}

}  // namespace funnel::config
