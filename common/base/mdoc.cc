#include "common/base/mdoc.h"

#include <vector>

namespace funnel {
namespace {

constexpr std::size_t kLineLength = 78;

std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '"') {
      out += "\\(dq";
    } else {
      out += c;
    }
  }
  return out;
}

// A pair of backquotes is bold text.
std::string Embolden(std::string_view text) {
  std::string out;
  bool bold = false;
  for (char c : text) {
    if (c != '`') {
      out += c;
      continue;
    }
    bold = !bold;
    out += bold ? "\\fB" : "\\fR";
  }
  return out;
}

std::vector<std::string_view> SplitWords(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    std::size_t end = text.find_first_of(" \n");
    if (end != 0) words.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

// At the start of a line these two would make it a request.
bool LooksLikeRequest(std::string_view word) {
  return word.starts_with('.') || word.starts_with('\'');
}

}  // namespace

std::string MdocArgument(std::string_view text) {
  std::string escaped = Escape(text);
  return escaped.find(' ') == std::string::npos ? escaped : '"' + escaped + '"';
}

std::string MdocText(std::string_view text) {
  std::string source = Embolden(Escape(text));
  std::string out;
  std::size_t length = 0;
  bool sentence_ended = false;
  for (std::string_view word : SplitWords(source)) {
    if (length != 0) {
      bool begin = sentence_ended || length + 1 + word.size() > kLineLength;
      out += begin ? '\n' : ' ';
      length = begin ? 0 : length + 1;
    }
    if (length == 0 && LooksLikeRequest(word)) out += "\\&";
    out += word;
    length += word.size();
    sentence_ended = word.ends_with('.');
  }

  return out + '\n';
}

}  // namespace funnel
