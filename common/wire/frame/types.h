// Small types that records, channels and their owners share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  // Why the acceptor has not connected to a session's target.
  kNotAllowed = 17,
  kHostUnreachable = 18,  // or its name is unknown
  kNetworkUnreachable = 19,
  kRefused = 20,
};
[[nodiscard]] std::string_view EndCodeText(EndCode code);

// When the receiver may deliver a message of a session (two bits on the wire).
enum class Order : std::uint8_t {
  kFree = 0,      // at once
  kOrdered = 1,   // after the message before it
  kFollows = 2,   // after one named earlier message
  kAfterAll = 3,  // after all earlier ones
};

// To what the acceptor is to connect, as a client named it.
struct Target {
  std::string host;  // a name, or a literal without brackets; 1 to 253 bytes
  std::uint16_t port = 0;
  // "host:port", "[2001:db8::1]:53".
  [[nodiscard]] std::string text() const;
  bool operator==(const Target&) const = default;
};
constexpr std::size_t kMaxTargetHost = 253;

// A command has three sessions, which are its flows, each with its own credit and losses.
enum class CommandPart : std::uint8_t {
  kStdio = 0,    // its standard input one way, its standard output the other
  kStderr = 1,   // its standard error; nothing goes to it
  kControl = 2,  // arguments, signals, status (man/funnel-protocol.7, COMMANDS)
};
constexpr std::size_t kCommandParts = 3;

// Which flow of which command a session is. The initiator numbers its commands, each once.
struct CommandFlow {
  CommandPart part = CommandPart::kStdio;
  std::uint64_t command = 0;
  bool operator==(const CommandFlow&) const = default;
};

// How many streams a client's SCTP association has each way, as the initiator's end agreed with it.
struct StreamCounts {
  std::uint16_t to_acceptor = 1;   // from the client; at least 1
  std::uint16_t to_initiator = 1;  // to the client; at least 1
  bool operator==(const StreamCounts&) const = default;
};

// What OPEN_SESSION carries about a client. Addresses are text as in "192.0.2.1:53", empty if
// unknown; at most 255 bytes each. The client of a command is the user who runs it.
struct SessionInfo {
  std::string client;
  std::string local;
  std::optional<Target> target = {};  // exists where Feature::kTargets was agreed on
  std::optional<CommandFlow> flow = {};
  std::optional<StreamCounts> streams = {};  // the same of Feature::kAssociations
  bool operator==(const SessionInfo&) const = default;
};

}  // namespace funnel::wire
