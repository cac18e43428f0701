#include "funnelctl/metrics/paths.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace funnel::ctl {
namespace {

constexpr std::uint64_t kMicro = 1'000'000;

using Value = std::optional<std::uint64_t>;

struct Row {
  std::string_view name;
  std::string_view help;
  Value (*read)(const PathStatus& path);
  bool counter = false;
  std::uint64_t divisor = 1;
};

Value Whole(std::int64_t value) {
  return value < 0 ? Value() : Value(static_cast<std::uint64_t>(value));
}

Value Micros(const std::optional<double>& milliseconds) {
  constexpr double kLongest = 1e9;
  if (!milliseconds || !(*milliseconds > 0 && *milliseconds < kLongest)) return std::nullopt;
  return static_cast<std::uint64_t>(*milliseconds * 1000);
}

// What only SCTP of our own knows, of a path that is or was in use.
Value Known(const PathStatus& path, std::int64_t value) {
  return path.congestion.empty() ? Value() : Whole(value);
}

constexpr Row kRows[] = {
    {.name = "funnel_path_rtt_seconds",
     .help = "The round trip of the path, smoothed.",
     .read = [](const PathStatus& path) { return Micros(path.srtt_ms); },
     .divisor = kMicro},
    {.name = "funnel_path_least_rtt_seconds",
     .help = "The least round trip of late: what the path takes without a queue.",
     .read = [](const PathStatus& path) { return Micros(path.least_rtt_ms); },
     .divisor = kMicro},
    {.name = "funnel_path_delivery_bytes_per_second",
     .help = "The most that the path has delivered of late.",
     .read = [](const PathStatus& path) { return Known(path, path.delivery_rate); }},
    {.name = "funnel_path_pacing_bytes_per_second",
     .help = "The rate at which the path is sent to; 0 where acknowledgements alone set the pace.",
     .read = [](const PathStatus& path) { return Known(path, path.pacing_rate); }},
    {.name = "funnel_path_in_flight_bytes",
     .help = "Bytes that were sent and are not acknowledged.",
     .read = [](const PathStatus& path) { return Known(path, path.in_flight_bytes); }},
    {.name = "funnel_path_window_bytes",
     .help = "How much may be in flight.",
     .read = [](const PathStatus& path) { return Known(path, path.window_bytes); }},
    {.name = "funnel_path_packet_bytes",
     .help = "The largest packet that is sent there.",
     .read = [](const PathStatus& path) { return Known(path, path.packet_bytes); }},
    {.name = "funnel_path_lost_chunks_total",
     .help = "Chunks taken for lost on the path.",
     .read = [](const PathStatus& path) { return Known(path, path.lost); },
     .counter = true},
    {.name = "funnel_path_retransmitted_chunks_total",
     .help = "Chunks that were sent again on the path.",
     .read = [](const PathStatus& path) { return Known(path, path.retransmitted); },
     .counter = true},
    {.name = "funnel_path_spurious_chunks_total",
     .help = "Chunks taken for lost that had arrived.",
     .read = [](const PathStatus& path) { return Known(path, path.spurious); },
     .counter = true},
};

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Path {
  Labels labels;
  const PathStatus* status;
};

// Each once, whatever the daemon says: Prometheus refuses repeated samples.
std::vector<Path> PathsOf(const std::vector<AssociationStatus>& associations) {
  std::vector<Path> out;
  std::set<Labels> seen;
  for (const AssociationStatus& association : associations) {
    if (association.peer.empty() || association.state != "up") continue;
    for (const PathStatus& path : association.paths) {
      Labels labels{
          {"peer", association.peer}, {"address", path.address}, {"carrier", path.carrier}};
      if (seen.insert(labels).second) out.push_back({std::move(labels), &path});
    }
  }
  return out;
}

}  // namespace

std::vector<Family> PathFamilies(const std::vector<AssociationStatus>& associations) {
  const std::vector<Path> paths = PathsOf(associations);
  std::vector<Family> out;

  Family info{"funnel_path_info",
              "1 for each path to a peer; what it is, and what congestion control does there.",
              false,
              {"peer", "address", "carrier", "state", "congestion"},
              {}};
  for (const Path& path : paths) {
    Labels labels = path.labels;
    labels.emplace_back("state", path.status->state);
    labels.emplace_back("congestion", path.status->congestion);
    info.samples.push_back({std::move(labels), 1});
  }
  out.push_back(std::move(info));

  for (const Row& row : kRows) {
    Family family{std::string(row.name),
                  std::string(row.help),
                  row.counter,
                  {"peer", "address", "carrier"},
                  {},
                  row.divisor};
    for (const Path& path : paths)
      if (const Value value = row.read(*path.status))
        family.samples.push_back({path.labels, *value});
    out.push_back(std::move(family));
  }
  return out;
}

}  // namespace funnel::ctl
