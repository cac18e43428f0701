// What a request and its answer look like: plain bytes with a number in front, or a DNS query and
// its answer, whose number is the message's 16-bit ID.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace funnel::bench {

enum class Exchange { kPlain, kDns };

// Of SIZE bytes (plain), or a query for www.example.test's A record (RFC 1035 section 4.1).
[[nodiscard]] std::string MakeRequest(Exchange exchange, std::uint64_t number, std::size_t size);

// The number of the request that ANSWER belongs to; for DNS its 16 lowest bits. nullopt: not a good
// answer (another size than SIZE; an error, or no record).
[[nodiscard]] std::optional<std::uint64_t> NumberOf(Exchange exchange, std::string_view answer,
                                                    std::size_t size);

}  // namespace funnel::bench
