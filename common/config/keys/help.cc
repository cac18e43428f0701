#include "common/config/keys/help.h"

#include "common/base/mdoc.h"

namespace funnel::config {
namespace {

constexpr std::string_view kIndent = "      ";

constexpr ConfigFile kFiles[] = {
    {"funnel.conf", "", NodeKeys},
    {"peers.d/NAME.ini", "", PeerKeys},
    {"services.d/NAME.ini", " (exactly one of [listen], [connect], [relay])", ServiceKeys},
};

std::string PrintRow(const KeyRow& row) {
  return "  " + std::string(row.key) + " = " + std::string(DescribeType(row.type)) + '\n' +
         std::string(kIndent) + std::string(row.help) + '\n' + std::string(kIndent) +
         DescribeLimits(row) + '\n';
}

std::string PrintFile(const ConfigFile& file) {
  std::string out = std::string(file.name) + std::string(file.note) + '\n';
  std::string_view section;
  for (const KeyRow& row : file.rows()) {
    if (row.section != section) out += "\n[" + std::string(row.section) + "]\n";
    section = row.section;
    out += PrintRow(row);
  }
  return out;
}

// Makes the row an entry of the list in funnel.conf(5).
std::string MdocRow(const KeyRow& row) {
  return ".It Ic " + MdocArgument(row.key) + '\n' + MdocText(row.help) + ".br\n" +
         MdocText("Value: " + std::string(DescribeType(row.type)) + "; " + DescribeLimits(row) +
                  '.');
}

}  // namespace

std::span<const ConfigFile> ConfigFiles() { return kFiles; }

std::string DescribeApplies(const KeyRow& row) {
  std::string out;
  auto add = [&out](std::string_view word) {
    out += (out.empty() ? "" : " and ") + std::string(word);
  };
  if (row.applies & kUdpOnly) add("protocol = udp");
  if (row.applies & kTcpOnly)
    add("protocol = tcp" + std::string(row.applies & kNotSocks ? "" : ", socks") +
        (IsForCommands(row) ? ", command" : ""));
  if (row.applies & kSocksOnly) add("protocol = socks");
  if (row.applies & kCommandOnly) add("protocol = command");
  if ((row.applies & kNotSocks) && !(row.applies & kTcpOnly)) add("protocol = udp or tcp");
  if (row.applies & kListenOnly) add("a service with [listen]");
  if (row.applies & kConnectOnly) add("a service with [connect]");
  return out;
}

std::string DescribeMost(const KeyRow& row) {
  if (row.not_above.empty()) return {};
  return (row.factor == 2 ? "half of " : "") + std::string(row.not_above);
}

std::string_view DescribeApplied(const KeyRow& row) {
  switch (row.applied) {
    case Applied::kReload:
      return "reload";
    case Applied::kRestart:
      return "restart";
    case Applied::kUnitRestart:
      return "daemon-reload and restart";
    case Applied::kSocketRestart:
      return "daemon-reload and restart of the socket";
  }
  return {};
}

std::string DescribeLimits(const KeyRow& row) {
  std::string facts;
  auto add = [&facts](const std::string& fact) { facts += (facts.empty() ? "" : "; ") + fact; };
  if (row.need == Need::kRequired) add("required");
  if (row.need == Need::kList) add("may be repeated");
  if (std::string text = PrintDefault(row); !text.empty()) add("default: " + text);
  if (std::string text = PrintRange(row.type, row.range); !text.empty()) add("range: " + text);
  if (std::string text = DescribeMost(row); !text.empty()) add("at most " + text);
  if (!row.counted_in.empty()) add("what is beyond is counted in " + std::string(row.counted_in));
  if (row.applies != kEverywhere) add("only for " + DescribeApplies(row));
  if (row.applied != Applied::kReload) add("a change needs a " + std::string(DescribeApplied(row)));
  add("since " + std::string(row.since));
  return facts;
}

std::string HelpForKeys() {
  std::string out;
  for (const ConfigFile& file : kFiles) out += (out.empty() ? "" : "\n\n") + PrintFile(file);
  return out;
}

std::string MdocForKeys(std::span<const KeyRow> rows) {
  std::string out;
  std::string_view section;
  for (const KeyRow& row : rows) {
    if (row.section != section) {
      if (!section.empty()) out += ".El\n";
      out += ".Ss [" + std::string(row.section) + "] section\n.Bl -tag -width Ds\n";
    }
    section = row.section;
    out += MdocRow(row);
  }
  return out + ".El\n";
}

}  // namespace funnel::config
