#include "funnelctl/table.h"

#include <algorithm>

namespace funnel::ctl {
namespace {

constexpr std::string_view kGap = "  ";

}  // namespace

std::string Table::Print() const {
  std::vector<std::size_t> widths(rows_.front().cells.size());
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], row.cells[i].size());
  }

  std::string out;
  for (const Row& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      line += kGap;
      line += row.cells[i];
      line.append(widths[i] - row.cells[i].size(), ' ');
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + '\n';
    for (const std::string& note : row.notes) {
      out += std::string(kGap) + std::string(widths[0], ' ') + std::string(kGap) + note + '\n';
    }
  }

  return out;
}

}  // namespace funnel::ctl
