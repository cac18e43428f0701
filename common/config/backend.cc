#include "common/config/backend.h"

#include "common/config/keys/units.h"

namespace funnel::config {
namespace {

constexpr std::string_view kWeight = "weight=";
constexpr std::string_view kBackup = "backup";

Result<std::uint32_t> ParseWeight(std::string_view text) {
  const auto weight = ParseCount(text);
  if (!weight || *weight < 1 || *weight > Backend::kMaxWeight)
    return Fail("a weight is from 1 to " + std::to_string(Backend::kMaxWeight));
  return static_cast<std::uint32_t>(*weight);
}

}  // namespace

Result<Backend> Backend::Parse(std::string_view text) {
  Backend out;
  bool weighted = false;

  while (true) {
    const std::size_t blank = text.find_last_of(" \t");
    if (blank == std::string_view::npos) break;
    const std::string_view word = text.substr(blank + 1);
    if (word == kBackup) {
      if (out.backup) return Fail("backup again");
      out.backup = true;
    } else if (word.starts_with(kWeight)) {
      if (weighted) return Fail("a second weight");
      out.weight = TRY(ParseWeight(word.substr(kWeight.size())));
      weighted = true;
    } else if (!word.empty()) {
      break;
    }
    text = text.substr(0, blank);
  }

  if (!text.starts_with("unix:") && text.find_first_of(" \t") != std::string_view::npos)
    return Fail("behind the address only weight=N and backup are expected");
  out.endpoint = TRY(Endpoint::ParseBackend(text));
  return out;
}

std::string Backend::text() const {
  std::string out = endpoint.text();
  if (weight != 1) out += ' ' + std::string(kWeight) + std::to_string(weight);
  if (backup) out += ' ' + std::string(kBackup);
  return out;
}

std::string BackendsText(std::span<const Backend> all) {
  std::string out;
  for (const Backend& one : all) out += (out.empty() ? "" : ", ") + one.endpoint.text();
  return out;
}

}  // namespace funnel::config
