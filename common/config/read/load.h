// Reads and checks a whole configuration folder: all of it is right, or every mistake is reported.
//
//   DIR/funnel.conf   DIR/peers.d/NAME.ini   DIR/services.d/NAME.ini
//
// DIR/X.d/Y.ini (or funnel.conf) may be overridden by the files of the folder of that name with
// ".d" appended (DIR/services.d/dns.ini.d/*.ini, sorted by bytes): a single key replaces the value,
// a repeated key replaces the whole list. The folder `defaults` is a layer below DIR: a file of the
// same name in DIR overrides single keys of it in the same way.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "common/config/model.h"

namespace funnel::config {

struct LoadOptions {
  std::string directory = "/etc/funnel";
  std::string defaults;  // e.g. /usr/lib/funnel; empty or absent: none
};

// Sorted by file and line; never empty.
using Mistakes = std::vector<Mistake>;

[[nodiscard]] std::expected<Configuration, Mistakes> Load(const LoadOptions& options);

// What a daemon starts with. Services with mistakes in their own files are left out, so that after
// a restart one bad file does not keep the users of all others out. Any other mistake is an error
// as above. (A reload is stricter: it can keep the running configuration.)
struct StartConfiguration {
  Configuration configuration;
  Mistakes left_out;
};
[[nodiscard]] std::expected<StartConfiguration, Mistakes> LoadForStart(const LoadOptions& options);
// Does the same, and logs each mistake by itself.
[[nodiscard]] std::optional<Configuration> LoadForStartAndLog(const LoadOptions& options);

// Logs each mistake by itself, followed by TAIL, up to a number that is enough to begin with. The
// daemon of a service adds the service's name.
void LogMistakes(const Mistakes& mistakes, std::string_view tail, std::string_view service = {});

// All mistakes, one a line: what a daemon logs before it ends.
[[nodiscard]] std::string PrintMistakes(const Mistakes& mistakes);

}  // namespace funnel::config
