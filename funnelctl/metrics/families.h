// The metrics of a node in Prometheus' terms: a family has a name, help and type, and a sample is
// one value of it with its labels. Names and help come from the tables that the daemons count by.
//
//   funnel_GROUP_COUNTER[_total]   GROUP: sctpd, authd, edge (both kinds), udpd, tcpd
//
// Those of the paths to peers come from funnel-sctpd itself (paths.h).
//
// Labels: daemon ("funnel-udpd"), and for edges service ("dns").
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/metrics/reader.h"
#include "funnelctl/status/status_model.h"

namespace funnel::ctl {

struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  std::uint64_t value = 0;
};

struct Family {
  std::string name;
  std::string help;
  bool counter = false;             // otherwise a gauge
  std::vector<std::string> labels;  // those of its samples
  std::vector<Sample> samples;
  // Values are divided by this; if it is not 1, they have a fraction.
  std::uint64_t divisor = 1;
};

// All families, including those without samples, in the order of funnel-metrics(7). NOW is seconds
// since 1970. Files of other programs, files that are no counter files, and unknown counters give
// no samples; funnel_rejected_files counts the files of the first two kinds. Paths are those of
// ASSOCIATIONS.
[[nodiscard]] std::vector<Family> CollectFamilies(
    const std::vector<metrics::CounterFileEntry>& files, std::int64_t now,
    const std::vector<AssociationStatus>& associations = {});

// In text exposition format 0.0.4; families without samples are left out.
[[nodiscard]] std::string RenderExposition(const std::vector<Family>& families);
// A list of objects, including families without samples (metrics_schema in json_schema.md).
[[nodiscard]] std::string RenderFamiliesJson(const std::vector<Family>& families);
// One family on each line: name, type, labels, help, separated by tabs.
[[nodiscard]] std::string RenderFamilyList(const std::vector<Family>& families);

}  // namespace funnel::ctl
