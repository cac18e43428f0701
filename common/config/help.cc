#include "common/config/help.h"

namespace funnel::config {
namespace {

constexpr std::string_view kIndent = "      ";

// "udp, [listen]".
std::string PrintApplies(unsigned applies) {
  std::string out;
  auto add = [&out](std::string_view word) {
    out += (out.empty() ? "" : " and ") + std::string(word);
  };
  if (applies & kUdpOnly) add("protocol = udp");
  if (applies & kTcpOnly) add("protocol = tcp");
  if (applies & kListenOnly) add("a service with [listen]");
  if (applies & kConnectOnly) add("a service with [connect]");
  return out;
}

std::string PrintRow(const KeyRow& row) {
  return "  " + std::string(row.key) + " = " + std::string(DescribeType(row.type)) + '\n' +
         std::string(kIndent) + std::string(row.help) + '\n' + std::string(kIndent) +
         DescribeLimits(row) + '\n';
}

std::string PrintFile(std::string_view title, std::span<const KeyRow> rows) {
  std::string out = std::string(title) + '\n';
  std::string_view section;
  for (const KeyRow& row : rows) {
    if (row.section != section) out += "\n[" + std::string(row.section) + "]\n";
    section = row.section;
    out += PrintRow(row);
  }
  return out;
}

}  // namespace

std::string DescribeLimits(const KeyRow& row) {
  std::string facts;
  auto add = [&facts](const std::string& fact) { facts += (facts.empty() ? "" : "; ") + fact; };
  if (row.need == Need::kRequired) add("required");
  if (row.need == Need::kList) add("may be repeated");
  if (std::string text = PrintDefault(row); !text.empty()) add("default: " + text);
  if (std::string text = PrintRange(row.type, row.range); !text.empty()) add("range: " + text);
  if (row.applies != kEverywhere) add("only for " + PrintApplies(row.applies));
  add("since " + std::string(row.since));
  return facts;
}

std::string HelpForKeys() {
  return PrintFile("funnel.conf", NodeKeys()) + "\n\n" + PrintFile("peers.d/NAME.ini", PeerKeys()) +
         "\n\n" +
         PrintFile("services.d/NAME.ini (exactly one of [listen], [connect], [relay])",
                   ServiceKeys());
}

}  // namespace funnel::config
