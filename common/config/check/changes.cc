#include "common/config/check/changes.h"

#include <algorithm>

namespace funnel::config {
namespace {

const std::string& NameOf(const PeerConfig& peer) { return peer.name; }
const std::string& NameOf(const ServiceConfig& service) { return service.name.text(); }

// The rows' accessors serve the parser, so they take a mutable object; this changes nothing.
std::string ValueIn(const KeyRow& row, const void* object) {
  return PrintValue(row.type, row.member.in(const_cast<void*>(object)));
}

// Puts the running value back where it differs. An address may differ without being written
// differently, where it got another default port. Returns whether what is written differs.
bool PutBack(const KeyRow& row, const void* running, void* next) {
  if (row.applied == Applied::kReload) return false;
  const bool differs = ValueIn(row, running) != ValueIn(row, next);
  CopyValue(row.member.in(const_cast<void*>(running)), row.member.in(next));
  return differs;
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

std::vector<const KeyRow*> PutBackFixed(const NodeConfig& running, NodeConfig& next,
                                        std::initializer_list<std::string_view> sections) {
  std::vector<const KeyRow*> left;
  for (const KeyRow& row : NodeKeys())
    if (std::ranges::find(sections, row.section) != sections.end() && PutBack(row, &running, &next))
      left.push_back(&row);
  return left;
}

std::vector<const KeyRow*> PutBackFixed(const ServiceConfig& running, ServiceConfig& next) {
  std::vector<const KeyRow*> left;
  for (const KeyRow& row : ServiceKeys())
    if (PutBack(row, &running, &next)) left.push_back(&row);
  return left;
}

}  // namespace funnel::config
