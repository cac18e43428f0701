// The metrics of a node in Prometheus' terms: a family is a name with its help and type, a sample
// one value of it with its labels. Names and help come from the tables that the daemons count by.
//
//   funnel_GROUP_COUNTER[_total]   GROUP: sctpd, authd, edge (both kinds), udpd, tcpd
//
// Labels: daemon ("funnel-udpd"), and for edges service ("dns").
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/metrics/reader.h"

namespace funnel::ctl {

struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  std::uint64_t value = 0;
};

struct Family {
  std::string name;
  std::string help;
  bool counter = false;             // otherwise a gauge
  std::vector<std::string> labels;  // those that its samples have
  std::vector<Sample> samples;
};

// Every family there is, those without samples too, in the order of funnel-metrics(7). NOW is
// seconds since 1970. Files that belong to no daemon of ours, are no counter files or have unknown
// counters give no samples, but funnel_rejected_files counts the former two.
[[nodiscard]] std::vector<Family> CollectFamilies(
    const std::vector<metrics::CounterFileEntry>& files, std::int64_t now);

// Text exposition format 0.0.4; families without samples are left out.
[[nodiscard]] std::string RenderExposition(const std::vector<Family>& families);
// A list of objects, families without samples included (metrics_schema in json_schema.md).
[[nodiscard]] std::string RenderFamiliesJson(const std::vector<Family>& families);
// One family a line: name, type, labels, help, separated by tabs.
[[nodiscard]] std::string RenderFamilyList(const std::vector<Family>& families);

}  // namespace funnel::ctl
