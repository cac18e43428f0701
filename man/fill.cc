// Makes a manual page from its frame: prints FRAME with the lists that come from the daemons' own
// tables in the place of the lines that name them. Runs while Funnel is built, and is not
// installed.
//
//   @keys funnel.conf | peers.d | services.d
//   @commands
//   @metrics
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/config/keys/help.h"
#include "man/lists.h"

namespace {

using namespace funnel;

struct List {
  std::string_view line;
  std::string (*print)();
};

constexpr List kLists[] = {
    {"@keys funnel.conf", [] { return config::MdocForKeys(config::NodeKeys()); }},
    {"@keys peers.d", [] { return config::MdocForKeys(config::PeerKeys()); }},
    {"@keys services.d", [] { return config::MdocForKeys(config::ServiceKeys()); }},
    {"@commands", man::ListOfCommands},
    {"@metrics", man::ListOfMetrics},
};

Result<std::string> FillLine(const std::string& line) {
  if (!line.starts_with('@')) return line + '\n';
  for (const List& list : kLists) {
    if (line == list.line) return list.print();
  }
  return Fail("there is no list '" + line + "'");
}

Result<std::string> Fill(const char* frame) {
  std::ifstream in(frame);
  if (!in) return Fail(std::string(frame) + " cannot be read");
  std::string page;
  for (std::string line; std::getline(in, line);) page += TRY(FillLine(line));
  return page;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto page = Fill(argv[1]);
  if (!page) {
    std::fprintf(stderr, "%s\n", page.error().message.c_str());
    return 1;
  }
  return std::fputs(page->c_str(), stdout) < 0 ? 1 : 0;
}
