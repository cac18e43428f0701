// Strong types for every identifier, so that a stream is never taken for a session.
#pragma once

#include <compare>  // IWYU pragma: keep: for operator<=>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace funnel {

template <typename Tag, typename Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Rep value_{};
};

// SCTP stream number, the same both ways (RFC 9260 section 3.3.1).
using StreamId = StrongId<struct StreamTag, std::uint16_t>;
// Chosen at random by the opener of a channel.
using ChannelId = StrongId<struct ChannelTag, std::uint32_t>;
// One TCP connection or UDP flow inside a channel; numbered by the channel's initiator from 0.
using SessionId = StrongId<struct SessionTag, std::uint64_t>;
// Which of a channel's successive keys; the first is 0.
using Epoch = StrongId<struct EpochTag, std::uint16_t>;
// One SCTP association within sctpd; never used again while the process lives.
using AssociationId = StrongId<struct AssociationTag, std::uint64_t>;

// A service's name: [a-z][a-z0-9-]{0,21}, so that "funnel-u-NAME" is a legal user name.
class ServiceName {
 public:
  ServiceName() = default;
  [[nodiscard]] static std::optional<ServiceName> Parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const ServiceName&) const = default;

 private:
  explicit ServiceName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Whether TEXT is a legal name of a service or of a peer (they share the rule).
[[nodiscard]] bool IsLegalName(std::string_view text);

}  // namespace funnel

template <typename Tag, typename Rep>
struct std::hash<funnel::StrongId<Tag, Rep>> {
  std::size_t operator()(const funnel::StrongId<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
