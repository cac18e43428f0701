#include <string_view>

#include "common/base/mdoc.h"
#include "funnelctl/metrics/families.h"
#include "man/lists.h"

namespace funnel::man {
namespace {

struct Group {
  std::string_view prefix;
  std::string_view title;
};

// The first that fits; the last fits all.
constexpr Group kGroups[] = {
    {"funnel_sctpd_", "funnel-sctpd"},
    {"funnel_authd_", "funnel-authd"},
    {"funnel_edge_", "Both kinds of edges"},
    {"funnel_udpd_", "funnel-udpd"},
    {"funnel_tcpd_", "funnel-tcpd"},
    {"funnel_path_", "Paths to peers"},
    {"funnel_", "Every daemon"},
};

const Group& GroupOf(std::string_view name) {
  const Group* group = kGroups;
  while (!name.starts_with(group->prefix)) ++group;
  return *group;
}

std::string PrintFamily(const ctl::Family& family) {
  std::string labels;
  for (const std::string& label : family.labels) labels += (labels.empty() ? "" : ", ") + label;
  std::string facts = family.counter ? "Counter" : "Gauge";
  facts += labels.empty() ? "." : "; labels: " + labels + '.';
  return ".It Li " + family.name + '\n' + MdocText(family.help) + ".br\n" + MdocText(facts);
}

}  // namespace

std::string ListOfMetrics() {
  std::string out;
  const Group* group = nullptr;
  for (const ctl::Family& family : ctl::CollectFamilies({}, 0)) {
    if (const Group* next = &GroupOf(family.name); next != group) {
      if (group != nullptr) out += ".El\n";
      group = next;
      out += ".Ss " + std::string(group->title) + "\n.Bl -tag -width Ds\n";
    }
    out += PrintFamily(family);
  }
  return out + ".El\n";
}

}  // namespace funnel::man
