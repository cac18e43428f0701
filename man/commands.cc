#include "common/base/mdoc.h"
#include "funnelctl/command.h"
#include "man/lists.h"

namespace funnel::man {
namespace {

// "it ..." -> "It ...."; "funnel.conf" and "--config" stay as they are written.
std::string Sentence(std::string_view text) {
  std::string out(text);
  bool name = text.substr(0, text.find(' ')).find('.') != std::string_view::npos;
  if (!name && !out.empty() && out.front() >= 'a' && out.front() <= 'z')
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  if (!out.ends_with('.')) out += '.';
  return out;
}

std::string PrintOption(const OwnOption& option) {
  std::string item = ".It ";
  if (!option.short_name.empty()) item += "Fl " + MdocArgument(option.short_name.substr(1)) + " , ";
  item += "Fl Fl " + MdocArgument(option.name.substr(2));
  if (!option.value.empty()) item += " Ar " + MdocArgument(option.value);
  return item + '\n' + MdocText(Sentence(option.help));
}

std::string PrintOptions(const ctl::Command& command) {
  if (command.options.empty()) return {};
  std::string out = ".Bl -tag -width Ds\n";
  for (const OwnOption& option : command.options) out += PrintOption(option);
  return out + ".El\n";
}

std::string PrintCommand(const ctl::Command& command) {
  std::string out = ".It Cm " + std::string(command.name);
  if (!command.arguments.empty()) out += " Ar " + MdocArgument(command.arguments);
  if (command.json) out += " Op Fl Fl json";
  out += '\n' + MdocText(Sentence(command.help));
  if (!command.description.empty()) out += MdocText(Sentence(command.description));
  if (!command.exit_status.empty())
    out += MdocText("Status 1: " + std::string(command.exit_status) + '.');
  if (!command.exit_unknown.empty())
    out += MdocText("Status 2: " + std::string(command.exit_unknown) + '.');
  return out + PrintOptions(command);
}

}  // namespace

std::string ListOfCommands() {
  std::string out = ".Bl -tag -width Ds\n";
  for (const ctl::Command& command : ctl::Commands()) out += PrintCommand(command);
  return out + ".El\n";
}

}  // namespace funnel::man
