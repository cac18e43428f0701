#include "tests/sctp/script/script.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace sctp::testing {
namespace {

using funnel::Fail;
using funnel::Result;

constexpr std::string_view kOutOfScope = "out of scope:";

std::vector<std::string> Words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string Joined(const std::vector<std::string>& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) text += (i == from ? "" : " ") + words[i];
  return text;
}

// A handshake; the words after it go into the tester's INIT or INIT ACK.
std::vector<Statement> Establish(const Statement& statement) {
  const bool active = statement.words.size() > 1 && statement.words[1] == "active";
  const std::string more = Joined(statement.words, active ? 2 : 1);
  const std::vector<std::string> lines =
      active ? std::vector<std::string>{"connect",       "> INIT",       "< INIT_ACK " + more,
                                        "> COOKIE_ECHO", "< COOKIE_ACK", "expect up"}
             : std::vector<std::string>{"< INIT " + more, "> INIT_ACK", "< COOKIE_ECHO",
                                        "> COOKIE_ACK", "expect up"};
  std::vector<Statement> statements;
  for (const std::string& line : lines) statements.push_back({statement.line, Words(line)});
  return statements;
}

// Repeats the statements between `repeat` and `end`, which begin at FROM in ALL.
void Repeat(std::vector<Statement>& all, std::size_t from, int times) {
  const std::vector<Statement> once(all.begin() + static_cast<std::ptrdiff_t>(from), all.end());
  for (int i = 1; i < times; ++i) all.insert(all.end(), once.begin(), once.end());
}

}  // namespace

void PrintTo(const Script& script, std::ostream* out) { *out << script.file; }

Result<std::vector<Script>> ReadScripts(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Fail("cannot read " + path);
  const std::string name = std::filesystem::path(path).filename();
  std::vector<Script> scripts;
  std::size_t repeated_from = 0;
  int times = 0, number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    line = line.substr(0, line.find('#'));
    Statement statement{number, Words(line)};
    if (statement.words.empty()) continue;

    const std::string& first = statement.words.front();
    if (first == "==") {
      scripts.push_back({name, statement.words.at(1), Joined(statement.words, 2), {}, {}});
      continue;
    }
    if (scripts.empty()) return Fail(name + ":" + std::to_string(number) + ": no '==' before this");
    Script& script = scripts.back();
    if (Joined(statement.words, 0).starts_with(kOutOfScope)) {
      script.out_of_scope = Joined(statement.words, 3);
    } else if (first == "repeat") {
      repeated_from = script.statements.size();
      times = std::stoi(statement.words.at(1));
    } else if (first == "end") {
      Repeat(script.statements, repeated_from, times);
    } else if (first == "establish") {
      for (Statement& each : Establish(statement)) script.statements.push_back(std::move(each));
    } else {
      script.statements.push_back(std::move(statement));
    }
  }
  return scripts;
}

}  // namespace sctp::testing
