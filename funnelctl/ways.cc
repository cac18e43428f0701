#include "funnelctl/ways.h"

#include "funnelctl/words.h"

namespace funnel::ctl {

void AddWays(const AssociationStatus& association, Table& table) {
  for (const std::string& way : association.trying) table.AddNote("trying " + Shown(way));
  if (association.not_direct.empty()) return;
  std::string note = "not direct: " + Shown(association.not_direct);
  if (association.direct_retry_in_ms)
    note += "; tried again in " + PrintSeconds(*association.direct_retry_in_ms / 1000);
  table.AddNote(note);
}

}  // namespace funnel::ctl
