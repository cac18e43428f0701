#include "common/config/keys/keys.h"

#include <algorithm>

namespace funnel::config {
namespace {

// A default-constructed struct holds the defaults.
std::string PrintInitialValue(const KeyRow& row, std::span<const KeyRow> node,
                              std::span<const KeyRow> peer) {
  auto within = [&row](std::span<const KeyRow> rows) {
    return &row >= rows.data() && &row < rows.data() + rows.size();
  };
  NodeConfig node_defaults;
  PeerConfig peer_defaults;
  ServiceConfig service_defaults;
  void* object = &service_defaults;
  if (within(node)) object = &node_defaults;
  if (within(peer)) object = &peer_defaults;
  return PrintValue(row.type, row.member.in(object));
}

}  // namespace

std::vector<KeyRow> Joined(std::initializer_list<std::span<const KeyRow>> tables) {
  std::vector<KeyRow> all;
  for (std::span<const KeyRow> table : tables) all.insert(all.end(), table.begin(), table.end());
  return all;
}

std::span<const KeyRow> SctpKeys() {
  static const std::vector<KeyRow> rows = Joined({EngineKeys(), AssociationKeys()});
  return rows;
}

std::span<const KeyRow> NodeKeys() {
  static const std::vector<KeyRow> rows = Joined({BaseKeys(), SctpKeys(), ControlKeys()});
  return rows;
}

const KeyRow* FindKey(std::span<const KeyRow> rows, std::string_view section,
                      std::string_view key) {
  auto found = std::find_if(rows.begin(), rows.end(), [=](const KeyRow& row) {
    return row.section == section && row.key == key;
  });
  return found == rows.end() ? nullptr : &*found;
}

bool HasSection(std::span<const KeyRow> rows, std::string_view section) {
  return std::any_of(rows.begin(), rows.end(),
                     [=](const KeyRow& row) { return row.section == section; });
}

std::string PrintDefault(const KeyRow& row) {
  if (!row.computed_default.empty()) return std::string(row.computed_default);
  if (row.need != Need::kOptional) return {};
  return PrintInitialValue(row, NodeKeys(), PeerKeys());
}

}  // namespace funnel::config
