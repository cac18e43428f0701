// The MESSAGE_ID of each log event that an administrator has to act on: 128 random bits that stay
// the same for ever, by which journalctl -x finds what to do in catalog/funnel.catalog (see
// sd_journal_print(3), journalctl(1) and https://systemd.io/CATALOG).
//
// A new event of that kind gets a row here (uuidgen -r | tr -d -) and an entry in the catalog.
#pragma once

#include <span>
#include <string_view>

namespace funnel {

struct MessageId {
  std::string_view event;
  std::string_view id;  // 32 hexadecimal digits
};

[[nodiscard]] std::span<const MessageId> MessageIds();

// Empty for an event that has none.
[[nodiscard]] std::string_view FindMessageId(std::string_view event);

}  // namespace funnel
