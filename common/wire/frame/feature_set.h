// What both ends of a channel can do beyond version 0.1.0: field 30, a set of bits
// (man/funnel-protocol.7, FEATURES, which is their registry). OPEN says what the initiator can,
// OPENED what of that the acceptor can too; what is not in OPENED does not go over the wire.
//
// Older nodes do not know the field. They skip it in OPEN and leave it out of OPENED: nothing is
// agreed with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::wire {

// The number of a bit. One that has been in a release is never used for anything else.
enum class Feature : std::uint8_t {
  kDatagrams = 0,     // the service carries datagrams (UDP)
  kConnections = 1,   // the service carries connections (TCP)
  kOpenings = 2,      // OPENING: a flow's first datagrams carry what opens it
  kModules = 3,       // MODULE: each end says which protocol module it has
  kServing = 4,       // SERVING: the acceptor says what becomes of new sessions
  kTargets = 5,       // each session names what the acceptor is to connect to
  kCommands = 6,      // the service carries commands: sessions in threes (CommandFlow)
  kAssociations = 7,  // the service carries associations (SCTP): messages in streams
};

// The registry: each bit once, and what it is called in logs and in the manual.
struct FeatureRow {
  Feature feature;
  std::string_view name;
};
inline constexpr FeatureRow kFeatureTable[] = {
    {Feature::kDatagrams, "datagrams"}, {Feature::kConnections, "connections"},
    {Feature::kOpenings, "openings"},   {Feature::kModules, "modules"},
    {Feature::kServing, "serving"},     {Feature::kTargets, "targets"},
    {Feature::kCommands, "commands"},   {Feature::kAssociations, "associations"},
};

//   bits 0 to 63, big-endian, in 1 to 8 bytes without leading zeros
class Features {
 public:
  constexpr Features() = default;
  constexpr explicit Features(std::uint64_t bits) : bits_(bits) {}
  constexpr Features(std::initializer_list<Feature> list) {
    for (Feature feature : list) bits_ |= Bit(feature);
  }

  [[nodiscard]] constexpr bool Has(Feature feature) const { return (bits_ & Bit(feature)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  [[nodiscard]] constexpr Features With(Features more) const {
    return Features(bits_ | more.bits_);
  }
  [[nodiscard]] constexpr Features Common(Features other) const {
    return Features(bits_ & other.bits_);
  }
  [[nodiscard]] constexpr bool Contains(Features other) const { return Common(other) == other; }
  constexpr bool operator==(const Features&) const = default;

  // The field's value. Bits without a name are kept: they drop out where sets are compared.
  [[nodiscard]] static Result<Features> Parse(ByteView value);
  // Not of an empty set, which is a field that is left out.
  [[nodiscard]] Bytes Serialize() const;

 private:
  static constexpr std::uint64_t Bit(Feature feature) {
    return std::uint64_t{1} << static_cast<std::uint8_t>(feature);
  }
  std::uint64_t bits_ = 0;
};

// What every service's channel of this build can do, whatever it carries.
constexpr Features kOurFeatures{Feature::kModules};
constexpr Features kKinds{Feature::kDatagrams, Feature::kConnections, Feature::kCommands,
                          Feature::kAssociations};
// What goes with a kind of service: nothing else is offered for it.
constexpr Features kDatagramFeatures{Feature::kDatagrams, Feature::kOpenings};
constexpr Features kConnectionFeatures{Feature::kConnections, Feature::kServing};
constexpr Features kTargetFeatures{Feature::kConnections, Feature::kServing, Feature::kTargets};
constexpr Features kCommandFeatures{Feature::kCommands};
constexpr Features kAssociationFeatures{Feature::kAssociations};

// "datagrams openings"; a bit without a name is "bit 40", an empty set "none".
[[nodiscard]] std::string NamesOf(Features features);

// "datagrams (UDP)"; nullopt: FEATURES do not say what the service carries, or name both.
[[nodiscard]] std::optional<std::string_view> KindText(Features features);

}  // namespace funnel::wire
