// Small types that records, channels and their owners share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace funnel::wire {

enum class Role : std::uint8_t { kInitiator = 0, kAcceptor = 1 };

// Why a session or channel ended; on the wire in RESET and FAREWELL (16 bit).
enum class EndCode : std::uint16_t {
  kNone = 0,
  kShutdown = 1,       // the daemon stops
  kReset = 2,          // the application's connection was reset
  kConnectFailed = 3,  // the backend did not take the connection
  kTimeout = 4,
  kLimit = 5,      // a limit of the receiver was reached
  kProtocol = 6,   // the peer broke a rule
  kTruncated = 7,  // ended without an authenticated farewell
  kExpired = 8,    // the security context's life is over
  kRevoked = 9,    // the access rule no longer holds
  kInternal = 10,
  kDraining = 11,  // no new sessions: an administrator is about to stop the service
  kBroken = 12,    // as kReset, but what the application had sent before is to be delivered first
  // A time of the sender's service is over, for a session.
  kStuck = 13,           // its application took nothing (stuck-timeout)
  kIdle = 14,            // no byte either way (idle-timeout)
  kHalfClosed = 15,      // half closed and silent (fin-timeout)
  kUnacknowledged = 16,  // its application's kernel acknowledges nothing (user-timeout)
};
[[nodiscard]] std::string_view EndCodeText(EndCode code);

// When the receiver may deliver a message of a session (two bits on the wire).
enum class Order : std::uint8_t {
  kFree = 0,      // at once
  kOrdered = 1,   // after the message before it
  kFollows = 2,   // after one named earlier message
  kAfterAll = 3,  // after all earlier ones
};

// What OPEN_SESSION carries about a client. Addresses are text as in "192.0.2.1:53", empty if
// unknown; at most 255 bytes each.
struct SessionInfo {
  std::string client;
  std::string local;
  bool operator==(const SessionInfo&) const = default;
};

}  // namespace funnel::wire
