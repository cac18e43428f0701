// Writes one JSON text (RFC 8259), commas included.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/text.h"

namespace funnel {

class JsonWriter {
 public:
  JsonWriter& Open(char bracket) {
    Separate();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& Close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  JsonWriter& Key(std::string_view key) {
    Value(key);
    out_ += ':';
    first_ = true;
    return *this;
  }
  void Value(std::string_view text) { Raw("\"" + JsonEscape(text) + "\""); }
  void Value(const char* text) { Value(std::string_view(text)); }
  void Value(const std::string& text) { Value(std::string_view(text)); }
  void Value(bool flag) { Raw(flag ? "true" : "false"); }
  void Value(double number) { Raw(std::to_string(number)); }
  void Value(std::nullopt_t) { Raw("null"); }
  void Value(std::integral auto number) { Raw(std::to_string(number)); }
  template <typename T>
  void Value(const std::optional<T>& value) {
    value ? Value(*value) : Value(std::nullopt);
  }
  template <typename T>
  JsonWriter& Field(std::string_view key, const T& value) {
    Key(key).Value(value);
    return *this;
  }
  // An empty text is null.
  JsonWriter& TextOrNull(std::string_view key, std::string_view text) {
    if (text.empty()) return Field(key, std::optional<bool>());
    return Field(key, text);
  }
  [[nodiscard]] std::string Take() { return std::move(out_); }

 private:
  void Separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void Raw(std::string_view text) {
    Separate();
    out_ += text;
  }

  std::string out_;
  bool first_ = true;
};

}  // namespace funnel
