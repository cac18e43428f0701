#include "funnelctl/path_notes.h"

#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

// What our own SCTP has measured on a path: "delivers 10 MiB/s (cruise), least round trip 50 ms, 62
// KiB of 125 KiB in flight, packets of 1464 B; 12 lost (1 of them only late), 13 sent again".
std::string DescribeFlow(const PathStatus& path) {
  std::string out;
  if (path.delivery_rate > 0)
    out += "delivers " + PrintBytes(path.delivery_rate) + "/s (" + Shown(path.congestion) + "), ";
  if (path.least_rtt_ms.value_or(0) > 0)
    out += "least round trip " + PrintMilliseconds(*path.least_rtt_ms) + ", ";
  out += PrintBytes(path.in_flight_bytes) + " of " + PrintBytes(path.window_bytes) +
         " in flight, packets of " + std::to_string(path.packet_bytes) + " B; " +
         std::to_string(path.lost) + " lost";
  if (path.spurious > 0) out += " (" + std::to_string(path.spurious) + " of them only late)";
  return out + ", " + std::to_string(path.retransmitted) + " sent again";
}

}  // namespace

void AddPathNotes(const AssociationStatus& association, Table& table) {
  if (association.paths.size() > 1)
    for (const PathStatus& path : association.paths) {
      std::string round_trip =
          path.srtt_ms.value_or(0) > 0 ? ", round trip " + PrintMilliseconds(*path.srtt_ms) : "";
      table.AddNote("path " + Shown(path.address) + " (" + Shown(path.carrier) +
                    "): " + Shown(path.state) + round_trip);
    }

  if (!association.paths.empty() && !association.paths.front().congestion.empty())
    table.AddNote(DescribeFlow(association.paths.front()));
  if (association.moved)
    table.AddNote("moved " + PrintTime(*association.moved) + " " + Shown(association.last_move));
  for (const std::string& way : association.trying) table.AddNote("trying " + Shown(way));
  if (association.not_direct.empty()) return;
  std::string note = "not direct: " + Shown(association.not_direct);
  if (association.direct_retry_in_ms)
    note += "; tried again in " + PrintSeconds(*association.direct_retry_in_ms / 1000);
  table.AddNote(note);
}

}  // namespace funnel::ctl
