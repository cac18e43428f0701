// Scripts of what a tester sends to an endpoint and what the endpoint must answer, in the manner of
// packetdrill. A file has many scripts, each under a line "== NAME TITLE";
// tests/sctp/ETSI/README.md describes the language.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "common/base/error.h"

namespace sctp::testing {

struct Statement {
  int line = 0;
  std::vector<std::string> words;
};

struct Script {
  std::string file, name, title;
  // Why the script cannot be run; empty if it can.
  std::string out_of_scope;
  std::vector<Statement> statements;
};

void PrintTo(const Script& script, std::ostream* out);

// All scripts of one file, with `establish` and `repeat` expanded. Fails with file and line.
[[nodiscard]] funnel::Result<std::vector<Script>> ReadScripts(const std::string& path);

// Fails at the first statement that is not true, with file, line, and what happened instead.
[[nodiscard]] funnel::Result<> RunScript(const Script& script);

}  // namespace sctp::testing
