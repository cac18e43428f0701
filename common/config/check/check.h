// What no single value shows: missing keys, keys that do not fit together, computed defaults, and
// what must not clash between files. All of it appends to MISTAKES and goes on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/keys/keys.h"
#include "common/config/model.h"
#include "common/config/read/layers.h"

namespace funnel::config {

// Whether the file is named as a service or a peer may be.
void CheckUnitName(const Unit& unit, std::vector<Mistake>& mistakes);

// Each completes one struct that ApplyUnit has filled.
void CompleteNode(const std::string& directory, NodeConfig& node, std::vector<Mistake>& mistakes);
void CompletePeer(const Unit& unit, const NodeConfig& node, PeerConfig& peer,
                  std::vector<Mistake>& mistakes);
void CompleteService(const Unit& unit, ServiceConfig& service, std::vector<Mistake>& mistakes);

// Reports what SERVICE's keys about its module say that does not go together.
void CheckModule(const ServiceConfig& service, std::vector<Mistake>& mistakes);

// Reports the keys of SERVICE that its role or protocol cannot have (check_misfits.cc).
void CheckMisfits(const ServiceConfig& service, std::vector<Mistake>& mistakes);

// Reports where the [connect] source of SERVICE does not suit its backends or other keys.
void CheckSource(const ServiceConfig& service, std::vector<Mistake>& mistakes);

// Once all files are read: references, ports, streams, names. Sets services' default targets.
void CheckTogether(Configuration& configuration, std::vector<Mistake>& mistakes);

// Parts of CheckTogether, in check_ports.cc and check_names.cc.
void CheckPorts(const Configuration& configuration, std::vector<Mistake>& mistakes);
void CheckStreams(const Configuration& configuration, std::vector<Mistake>& mistakes);
void CheckNames(Configuration& configuration, std::vector<Mistake>& mistakes);

// Reports every required key of SECTION that is absent.
void RequireKeys(std::span<const KeyRow> rows, std::string_view section, const Origins& origins,
                 std::vector<Mistake>& mistakes);

// Reports every number of OBJECT that is greater than the one that its row names; the message
// stands where the lesser one was written, else where the other was.
void CheckOrder(std::span<const KeyRow> rows, void* object, const Origins& origins,
                std::vector<Mistake>& mistakes);

// Adds TEXT at the place of SECTION.KEY.
void Report(const Origins& origins, std::string_view section, std::string_view key,
            std::string text, std::vector<Mistake>& mistakes);

// "services.d/dns.ini:4", for messages that point at a second place.
[[nodiscard]] std::string PrintOrigin(const Origin& origin);

}  // namespace funnel::config
