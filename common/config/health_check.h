// How the backends of a service are checked: the values of [connect] check and check-expect.
#pragma once

#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::config {

// Bytes as an administrator writes them: `text:PING\r\n` (with \r, \n, \t and \\) or
// `hex:50494e470d0a`.
struct WrittenBytes {
  // What one small packet holds.
  static constexpr std::size_t kMaxSize = 512;

  std::string written;  // as in the file; empty: none
  Bytes bytes;          // never empty if something is written

  [[nodiscard]] static Result<WrittenBytes> Parse(std::string_view text);
  bool operator==(const WrittenBytes&) const = default;
};

struct HealthCheck {
  enum class Kind {
    kNone,
    kConnect,  // tcp: a connection that is taken
    kBytes,    // an answer to these
    kDns,      // udp: an answer to a query for NS
    kRadius,   // udp: an answer to Status-Server, signed with check_secret_file's secret
  };

  Kind kind = Kind::kNone;
  WrittenBytes bytes;  // kBytes
  std::string name;    // kDns: without the dot at its end; empty: the root

  static constexpr std::string_view kForms =
      "none, connect, text:..., hex:..., dns, dns:NAME or radius";
  // One of kForms.
  [[nodiscard]] static Result<HealthCheck> Parse(std::string_view text);
  // The text as one would write it.
  [[nodiscard]] std::string text() const;
  bool operator==(const HealthCheck&) const = default;
};

}  // namespace funnel::config
