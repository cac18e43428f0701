// The table of configuration as the lists in funnel.conf(5).
#include "common/base/mdoc.h"
#include "common/config/keys/help.h"

namespace funnel::config {
namespace {

std::string PrintRow(const KeyRow& row) {
  return ".It Ic " + MdocArgument(row.key) + '\n' + MdocText(row.help) + ".br\n" +
         MdocText("Value: " + std::string(DescribeType(row.type)) + "; " + DescribeLimits(row) +
                  '.');
}

}  // namespace

std::string MdocForKeys(std::span<const KeyRow> rows) {
  std::string out;
  std::string_view section;
  for (const KeyRow& row : rows) {
    if (row.section != section) {
      if (!section.empty()) out += ".El\n";
      out += ".Ss [" + std::string(row.section) + "] section\n.Bl -tag -width Ds\n";
    }
    section = row.section;
    out += PrintRow(row);
  }
  return out + ".El\n";
}

}  // namespace funnel::config
