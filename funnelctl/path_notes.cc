#include "funnelctl/path_notes.h"

#include "funnelctl/words.h"

namespace funnel::ctl {

void AddPathNotes(const AssociationStatus& association, Table& table) {
  if (association.paths.size() > 1)
    for (const PathStatus& path : association.paths) {
      std::string round_trip =
          path.srtt_ms.value_or(0) > 0 ? ", round trip " + PrintMilliseconds(*path.srtt_ms) : "";
      table.AddNote("path " + Shown(path.address) + " (" + Shown(path.carrier) +
                    "): " + Shown(path.state) + round_trip);
    }

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
