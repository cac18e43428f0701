// Numbers, times and remote text in a form for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/service_config.h"

namespace funnel::ctl {

// "42 s", "3 min 5 s", "2 h 5 min", "9 d 4 h"; "0 s" for a time in the future.
[[nodiscard]] std::string PrintSeconds(std::int64_t seconds);
// "1 channel", "2 channels".
[[nodiscard]] std::string Counted(std::int64_t count, std::string_view one, std::string_view many);
// "512 B", "1.4 KiB", "20 MiB".
[[nodiscard]] std::string PrintBytes(std::int64_t bytes);
// "12.5 ms", "0.18 ms", "1.2 s".
[[nodiscard]] std::string PrintMilliseconds(double milliseconds);
// "2026-11-21 03:14:05" in local time.
[[nodiscard]] std::string PrintTime(std::int64_t since_1970);
// How long ago THEN was; "-" for none.
[[nodiscard]] std::string PrintSince(std::optional<std::int64_t> then, std::int64_t now);
// "listen", "connect", "relay": the name of the section that the role comes from.
[[nodiscard]] std::string_view RoleWord(config::Role role);
// "udp", "tcp", "socks", "command": as the file has it.
[[nodiscard]] std::string_view ProtocolWord(config::Protocol protocol);
// How a channel is sealed: "suite 2 (x25519-aes256gcm)", followed by why it is not better, if there
// is a reason.
[[nodiscard]] std::string PrintSuite(std::int64_t suite, std::string_view why_not_better);
// Text that a peer may have chosen, made safe for a terminal; "-" if it is empty.
[[nodiscard]] std::string Shown(std::string_view text);
// "a, b": each as Shown() has it; empty for none.
[[nodiscard]] std::string ShownList(const std::vector<std::string>& texts);

}  // namespace funnel::ctl
