#include "common/config/changes.h"

#include "common/config/keys.h"

namespace funnel::config {
namespace {

const std::string& NameOf(const PeerConfig& peer) { return peer.name; }
const std::string& NameOf(const ServiceConfig& service) { return service.name.text(); }

// The rows' accessors are for parsing, so they take what can be changed; nothing is.
std::string ValueIn(const KeyRow& row, const void* object) {
  return PrintValue(row.type, row.field(const_cast<void*>(object)));
}

void Compare(std::span<const KeyRow> rows, const std::string& file, const void* before,
             const void* after, std::vector<Change>& out) {
  for (const KeyRow& row : rows) {
    std::string old_value = ValueIn(row, before);
    std::string new_value = ValueIn(row, after);
    if (old_value != new_value)
      out.push_back({file, std::string(row.section), std::string(row.key), std::move(old_value),
                     std::move(new_value)});
  }
}

template <typename Unit>
const Unit* Find(const std::vector<Unit>& units, const std::string& name) {
  for (const Unit& unit : units)
    if (NameOf(unit) == name) return &unit;
  return nullptr;
}

template <typename Unit>
void CompareUnits(std::span<const KeyRow> rows, const std::string& folder,
                  const std::vector<Unit>& before, const std::vector<Unit>& after,
                  std::vector<Change>& out) {
  for (const Unit& unit : after) {
    const std::string file = folder + "/" + NameOf(unit) + ".ini";
    if (const Unit* old = Find(before, NameOf(unit))) {
      Compare(rows, file, old, &unit, out);
    } else {
      out.push_back({file, "", "", "absent", "present"});
    }
  }
  for (const Unit& unit : before) {
    if (Find(after, NameOf(unit)) == nullptr)
      out.push_back({folder + "/" + NameOf(unit) + ".ini", "", "", "present", "absent"});
  }
}

}  // namespace

std::string Change::Print() const {
  if (key.empty()) return file + (after == "present" ? ": is new" : ": has gone");
  return file + ": [" + section + "] " + key + " = " + after + " (was " +
         (before.empty() ? "not set" : before) + ")";
}

std::vector<Change> FindChanges(const NodeConfig& before, const NodeConfig& after) {
  std::vector<Change> out;
  Compare(NodeKeys(), "funnel.conf", &before, &after, out);
  return out;
}

std::vector<Change> FindChanges(const ServiceConfig& before, const ServiceConfig& after) {
  std::vector<Change> out;
  Compare(ServiceKeys(), "services.d/" + NameOf(after) + ".ini", &before, &after, out);
  return out;
}

std::vector<Change> FindChanges(const Configuration& before, const Configuration& after) {
  std::vector<Change> out = FindChanges(before.node, after.node);
  CompareUnits(PeerKeys(), "peers.d", before.peers, after.peers, out);
  CompareUnits(ServiceKeys(), "services.d", before.services, after.services, out);
  return out;
}

}  // namespace funnel::config
