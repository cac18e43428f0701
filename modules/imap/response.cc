#include "modules/imap/response.h"

#include <algorithm>
#include <cstddef>

#include "modules/common/ascii.h"
#include "modules/imap/line.h"

namespace imap {
namespace {

using funnel_modules::EqualsIgnoringCase;

constexpr std::string_view kStatusNames[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};

bool IsOneOf(std::string_view name, std::size_t first_names) {
  return std::any_of(kStatusNames, kStatusNames + first_names,
                     [name](std::string_view one) { return EqualsIgnoringCase(one, name); });
}
bool IsStatus(std::string_view name) { return IsOneOf(name, std::size(kStatusNames)); }
bool IsResult(std::string_view name) { return IsOneOf(name, 3); }

bool ParseUntagged(std::string_view rest, Response& response) {
  const std::string_view word = TakeWord(rest);
  if (const std::optional number = ReadNumber(word)) {
    const std::string_view name = TakeWord(rest);
    const bool fetch = EqualsIgnoringCase(name, "FETCH") && rest.starts_with('(');
    response.kind = fetch ? Response::kFetch : Response::kData;
    response.number = *number;
    return IsName(name);
  }
  response.kind = IsStatus(word) ? Response::kStatus : Response::kData;
  return IsName(word);
}

// Reads the list of a FETCH, as far as it is there. Nesting is counted only.
class FetchReader {
 public:
  explicit FetchReader(std::string_view bytes) : left_(bytes) {}

  FetchData Read() {
    left_.remove_prefix(std::min(left_.find('('), left_.size() - 1) + 1);
    while (!left_.empty() && left_[0] != ')') {
      const std::string_view name = TakeName();
      const std::string_view value = TakeValue();
      if (cut_) break;
      if (EqualsIgnoringCase(name, "UID")) data_.uid = ReadNumber(value);
      if (EqualsIgnoringCase(name, "MODSEQ")) data_.mod_sequence = true;
      if (left_.starts_with(' ')) left_.remove_prefix(1);
    }
    return data_;
  }

 private:
  // With its section: BODY[HEADER.FIELDS (DATE)]<0>.
  std::string_view TakeName() {
    const std::size_t end = std::min(left_.find_first_of(" ["), left_.size());
    const std::string_view name = left_.substr(0, end);
    Skip(end);
    if (left_.starts_with('[')) Skip(std::min(left_.find(']'), left_.size()));
    Skip(std::min(left_.find(' '), left_.size()));
    Skip(1);
    return name;
  }

  // A list with all its content, or one value.
  std::string_view TakeValue() {
    const std::string_view begin = left_;
    std::size_t depth = 0;
    do {
      if (left_.empty()) break;
      const char c = left_[0];
      if (c == '"') {
        SkipQuoted();
      } else if (c == '{' || c == '~') {
        SkipLiteral();
      } else if (c == '(' || c == ' ' || (c == ')' && depth > 0)) {
        if (c == '(') ++depth;
        if (c == ')') --depth;
        Skip(1);
      } else {
        Skip(std::max<std::size_t>(1, std::min(left_.find_first_of(" ()\""), left_.size())));
      }
    } while (depth > 0);
    if (left_.empty()) cut_ = true;
    return begin.substr(0, begin.size() - left_.size());
  }

  void SkipQuoted() {
    std::size_t at = 1;
    while (at < left_.size() && left_[at] != '"') at += left_[at] == '\\' ? 2 : 1;
    Skip(at + 1);
  }

  void SkipLiteral() {
    const std::size_t end = left_.find(kLineEnd);
    if (end == std::string_view::npos) return Skip(left_.size());
    const std::string_view line = left_.substr(0, end + kLineEnd.size());
    const std::optional literal = FindLiteral(line);
    Skip(line.size());
    if (literal) Skip(literal->size);
  }

  void Skip(std::uint64_t count) {
    left_.remove_prefix(std::min<std::uint64_t>(count, left_.size()));
  }

  std::string_view left_;
  FetchData data_;
  bool cut_ = false;
};

}  // namespace

bool ParseResponse(std::string_view bytes, Response& response) {
  const std::string_view word = TakeWord(bytes);
  if (word == "+") {
    response.kind = Response::kContinuation;
    return true;
  }
  if (word == "*") return ParseUntagged(bytes, response);

  response.kind = Response::kResult;
  response.tag = word;
  const std::string_view name = TakeWord(bytes);
  response.success = EqualsIgnoringCase(name, "OK");
  response.plain = !bytes.starts_with('[');
  return IsTag(word) && IsResult(name);
}

bool MayBeginResponse(std::string_view bytes) {
  const std::string_view word = TakeWord(bytes);
  return word == "*" || word == "+" || IsTag(word);
}

FetchData ReadFetch(std::string_view bytes) { return FetchReader(bytes).Read(); }

}  // namespace imap
