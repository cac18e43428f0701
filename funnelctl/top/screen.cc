#include "funnelctl/top/screen.h"

#include <unistd.h>

// Without its macros, because they have the names of ordinary functions.
#define NCURSES_NOMACROS
#include <curses.h>

#include "common/base/printable.h"

namespace funnel::ctl {
namespace {

constexpr short kProblemPair = 1;

attr_t AttributesOf(FrameLine::Style style) {
  switch (style) {
    case FrameLine::Style::kPlain:
      return A_NORMAL;
    case FrameLine::Style::kTitle:
      return A_REVERSE;
    case FrameLine::Style::kHeading:
      return A_BOLD;
    case FrameLine::Style::kProblem:
      return A_BOLD | static_cast<attr_t>(COLOR_PAIR(kProblemPair));
  }
  return A_NORMAL;
}

}  // namespace

Result<Screen> Screen::Take(bool colours) {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
    return Fail("this is no terminal (funnelctl top --once prints one picture)");
  if (newterm(nullptr, stdout, stdin) == nullptr)
    return Fail("the terminal is not known (TERM), or cannot do it");
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  curs_set(0);

  if (colours && has_colors()) {
    start_color();
    use_default_colors();
    init_pair(kProblemPair, COLOR_RED, -1);
  }

  return Screen();
}

Screen::~Screen() {
  if (held_) endwin();
}

std::size_t Screen::columns() const { return static_cast<std::size_t>(getmaxx(stdscr)); }
std::size_t Screen::rows() const { return static_cast<std::size_t>(getmaxy(stdscr)); }

void Screen::Show(const std::vector<FrameLine>& lines) {
  erase();
  int row = 0;
  for (const FrameLine& line : lines) {
    attrset(AttributesOf(line.style));
    // No part of the text may move the cursor, or control the terminal.
    const std::string text = EscapeUnprintable(line.text, "");
    mvaddnstr(row++, 0, text.c_str(), static_cast<int>(columns()));
  }

  attrset(A_NORMAL);
  refresh();
}

Screen::Key Screen::Read(std::chrono::milliseconds wait) {
  timeout(static_cast<int>(wait.count()));
  switch (getch()) {
    case 'q':
    case 'Q':
      return Key::kQuit;
    case 's':
      return Key::kSort;
    case ' ':
      return Key::kRefresh;
    case KEY_RESIZE:
      return Key::kResized;
    default:
      return Key::kNone;
  }
}

}  // namespace funnel::ctl
