// Rows of text in aligned columns, with notes below a row.
#pragma once

#include <string>
#include <vector>

namespace funnel::ctl {

class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{{std::move(header), {}}} {}

  // CELLS are as many as the header has.
  void AddRow(std::vector<std::string> cells) { rows_.push_back({std::move(cells), {}}); }
  // A separate line below the last row, under its second column.
  void AddNote(std::string text) { rows_.back().notes.push_back(std::move(text)); }

  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  // With two blanks before each line and between columns.
  [[nodiscard]] std::string Print() const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::vector<std::string> notes;
  };

  std::vector<Row> rows_;  // the header first
};

}  // namespace funnel::ctl
