#include "funnelctl/words.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "common/base/text.h"
#include "common/wire/frame/suite.h"
#include "funnelctl/figures.h"

namespace funnel::ctl {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits{{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}}};

std::string Count(std::int64_t count, std::string_view unit) {
  return std::to_string(count) + ' ' + std::string(unit);
}

// One decimal below ten, none above.
std::string Short(double value, std::string_view unit) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, value < 10 ? "%.1f %s" : "%.0f %s", value,
                std::string(unit).c_str());
  return buffer;
}

}  // namespace

std::string PrintSeconds(std::int64_t seconds) {
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    std::int64_t whole = seconds / kUnits[i].seconds;
    if (whole <= 0) continue;
    std::int64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    std::string out = Count(whole, kUnits[i].name);
    return rest == 0 ? out : out + ' ' + Count(rest, kUnits[i + 1].name);
  }
  return Count(seconds < 0 ? 0 : seconds, "s");
}

std::string Counted(std::int64_t count, std::string_view one, std::string_view many) {
  return Count(count, count == 1 ? one : many);
}

std::string PrintBytes(std::int64_t bytes) {
  constexpr std::array<std::string_view, 5> kNames{"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return Count(bytes, "B");
  double value = static_cast<double>(bytes);
  std::size_t name = 0;
  while (value >= 1024 && name + 1 < kNames.size()) {
    value /= 1024;
    ++name;
  }
  return Short(value, kNames[name]);
}

std::string PrintMilliseconds(double milliseconds) {
  if (milliseconds >= 1000) return Short(milliseconds / 1000, "s");
  if (milliseconds >= 1) return Short(milliseconds, "ms");
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f ms", milliseconds);
  return buffer;
}

std::string PrintTime(std::int64_t since_1970) {
  std::time_t when = since_1970;
  std::tm broken{};
  char buffer[64];
  if (localtime_r(&when, &broken) == nullptr) return "?";
  std::size_t size = std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%S", &broken);
  return size == 0 ? "?" : std::string(buffer, size);
}

std::string PrintSince(std::optional<std::int64_t> then, std::int64_t now) {
  return then && *then > 0 ? PrintSeconds(Elapsed(*then, now)) : "-";
}

std::string_view RoleWord(config::Role role) {
  switch (role) {
    case config::Role::kListen:
      return "listen";
    case config::Role::kConnect:
      return "connect";
    case config::Role::kRelay:
      return "relay";
  }
  return {};
}

std::string_view ProtocolWord(config::Protocol protocol) {
  switch (protocol) {
    case config::Protocol::kUdp:
      return "udp";
    case config::Protocol::kTcp:
      return "tcp";
    case config::Protocol::kSocks:
      return "socks";
    case config::Protocol::kCommand:
      return "command";
  }
  return {};
}

std::string PrintSuite(std::int64_t suite, std::string_view why_not_better) {
  std::string out = "suite " + std::to_string(suite);
  const bool fits = suite == static_cast<std::uint16_t>(suite);
  const auto* traits = fits ? wire::FindSuite(static_cast<std::uint16_t>(suite)) : nullptr;
  if (traits != nullptr) out += " (" + std::string(traits->name) + ")";
  if (!why_not_better.empty()) out += ": " + Shown(why_not_better);
  return out;
}

std::string Shown(std::string_view text) { return text.empty() ? "-" : EscapeForLog(text); }

std::string ShownList(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + Shown(text);
  return out;
}

}  // namespace funnel::ctl
