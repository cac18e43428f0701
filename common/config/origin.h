// Where the configuration's values were written, and what is wrong with them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace funnel::config {

// Where a value was written.
struct Origin {
  std::string file;
  int line = 0;  // 0: the file as a whole
};

// One mistake; "FILE:LINE: TEXT" is how funnelctl check prints it.
struct Mistake {
  std::string file;
  int line = 0;
  std::string text;
  // Without ":LINE" where line is 0.
  [[nodiscard]] std::string Print() const;
};

// Where each value of one file was written: "section.key" has one Origin for each value, "section"
// has the section's header, "" has the file. Keys that are left to their default are absent.
using Origins = std::map<std::string, std::vector<Origin>, std::less<>>;

// Where SECTION.KEY was first written; if nowhere, SECTION's header; if that is absent, the file.
[[nodiscard]] Origin FindOrigin(const Origins& origins, std::string_view section,
                                std::string_view key);
// Where the I-th value of a list was written. Values that did not parse are not in the list, so if
// it has other mistakes, the line may be that of a neighbour.
[[nodiscard]] Origin FindOrigin(const Origins& origins, std::string_view section,
                                std::string_view key, std::size_t i);

}  // namespace funnel::config
