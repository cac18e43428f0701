// What a file of services.d says; model.h has the rules of these structs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/config/address.h"
#include "common/config/backend.h"
#include "common/config/command_line.h"
#include "common/config/dscp.h"
#include "common/config/health_check.h"
#include "common/config/multicast_group.h"
#include "common/config/origin.h"
#include "common/config/port_range.h"
#include "common/config/principal.h"
#include "common/config/source.h"
#include "common/config/value_units.h"

namespace funnel::config {

// The default of idle-exit where the association itself is on demand. It is as long as
// sctp.idle_disconnect.
inline constexpr milliseconds kIdleExitOnDemand = 5min;

// kSocks: connections to what clients name by SOCKS5 (RFC 1928). kCommand: commands, of which each
// has three connections (wire::CommandFlow).
enum class Protocol { kUdp, kTcp, kSocks, kCommand };
// Whether what it carries are connections, for funnel-tcpd.
constexpr bool HasConnections(Protocol protocol) { return protocol != Protocol::kUdp; }
enum class Role { kListen, kConnect, kRelay };
enum class ProxyProtocol { kNone, kV1, kV2, kV2Tlv };
// How new sessions are divided among backends.
enum class Balance { kRoundRobin, kLeastSessions, kClient };
// What becomes of new sessions while all backends fail their checks.
enum class OnBackendDown { kWait, kRefuse };
enum class AccessForm { kNo, kJournal, kJson };
// Which ports may do for another one: only that port, or any.
enum class PortRule { kSame, kAny };
// Where datagrams that are larger than a path takes may be cut: where they begin, by each router,
// or nowhere.
enum class Fragment { kHere, kAnywhere, kNever };
// While what do listening sockets take connections.
enum class AcceptWhen { kAlways, kUp };
// Whether a command gets a terminal; kAuto: where whoever runs it has one.
enum class TerminalRule { kNever, kAuto };

// services.d/NAME.ini
struct ServiceConfig {
  ServiceName name;
  Role role = Role::kListen;
  Protocol protocol = Protocol::kUdp;
  std::string peer;    // listen: the next hop. connect: the only peer that may open it; empty: any
  std::string target;  // listen: node at the far end; default: the peer's node. relay: only OPENs
                       // for that node; empty: for any node but ours
  std::string wire_name;           // default: name
  std::optional<StreamId> stream;  // listen: pinned, 1 to 63 (with channels > 1: the first of them)
  std::string edge_user;           // default funnel-u-NAME or funnel-t-NAME
  std::uint32_t channels = 1;
  std::uint32_t priority = 4;      // of what waits for one association; lower goes first
  std::uint32_t weight = 10;       // in this proportion equal priorities take turns
  std::uint32_t copies = 1;        // of a message that one packet holds
  milliseconds connect_wait = 2s;  // how long a new session waits for the channel
  milliseconds retry_min = 5s;     // after a refusal; doubles to retry_max
  milliseconds retry_max = 60s;
  // For one key, both directions together; a new key is agreed on at half of it.
  std::uint64_t key_frames = std::uint64_t{1} << 33;
  std::uint64_t key_volume_bytes = 128 * 1024 * kMiB;
  std::uint64_t key_log_bytes = 0;  // how long the file of keys may be; 0: there is none
  milliseconds idle_exit = 0s;      // 0: never; kIdleExitOnDemand with a peer that is on-demand
  std::vector<Network> client_networks;
  AccessForm access_log = AccessForm::kNo;
  // listen: for one client address; 0: no limit
  std::vector<Network> client_allow;          // empty: any
  std::uint32_t max_sessions_per_client = 0;  // tcp
  std::uint32_t client_new_rate = 0;          // a second
  std::uint32_t client_datagram_rate = 0;     // udp, a second
  std::uint64_t client_byte_rate_bytes = 0;   // a second
  std::uint32_t max_sessions_per_peer = 0;    // tcp, connect; 0: as many as max_sessions
  std::uint32_t peer_new_rate = 0;            // connect; a second
  std::uint32_t peer_datagram_rate = 0;       // udp, connect; a second
  std::uint64_t peer_byte_rate_bytes = 0;     // connect; a second
  std::uint32_t rate_table = 16384;           // clients or peers whose rates are known
  std::vector<Network> accept_proxy_from;     // tcp: load balancers, which say whose client it is
  milliseconds accept_proxy_wait = 5s;        // for that
  milliseconds request_wait = 10s;            // socks: for a client's request
  std::uint32_t max_forwards = 8;             // socks: ports that funnelctl forward opened
  // udp
  milliseconds lifetime = 5s;  // 0: reliable
  bool suppress_resends = false;
  milliseconds resend_window = 1s;      // suppress_resends: a datagram counts as on its way so long
  milliseconds idle_timeout = 60s;      // tcp: 0, never, unless it is written
  milliseconds answered_timeout = 10s;  // of a flow with one question and its answer
  std::uint32_t max_flows = 16384;
  std::uint32_t max_flows_per_client = 0;  // listen; 0: max_flows
  std::uint32_t max_flows_per_peer = 0;    // connect; 0: max_flows
  std::uint32_t queue_datagrams = 64;
  std::uint64_t queue_size_bytes = 4 * kMiB;  // of datagrams that wait, for any reason
  milliseconds resolve_interval = 30s;        // connect: flows in use look up the name so often
  Dscp dscp;                                  // of what goes to clients or to the backend
  Fragment fragment = Fragment::kHere;        // the same
  // tcp
  std::uint32_t max_sessions = 4096;
  std::uint32_t listen_backlog = 4096;           // listen: connections that the kernel keeps for us
  AcceptWhen accept_when = AcceptWhen::kAlways;  // listen; up: while a channel is open
  milliseconds connect_timeout = 5s;
  milliseconds attempt_delay = 250ms;  // between two addresses of the backend (RFC 8305, section 8)
  milliseconds keepalive = 60s;        // 0: off
  milliseconds stuck_timeout = 10min;  // of a reader that takes no data; 0: never
  milliseconds fin_timeout = 1h;       // of silence after one direction has ended; 0: never
  milliseconds user_timeout = 2min;    // of a peer that acknowledges nothing; 0: the kernel's
  std::uint64_t session_window_bytes = 4 * kMiB;
  std::uint64_t channel_window_bytes = 16 * kMiB;
  std::string module;                      // empty: none, a connection is bytes in order
  std::vector<std::string> module_option;  // NAME=VALUE, each name once
  bool module_required = false;            // if it is missing: do not run as bytes
  bool module_strict = false;              // reset what does not follow the protocol
  milliseconds module_hold = 50ms;         // how long an unfinished message waits for the rest
  // command
  std::vector<std::string> allow_users;          // listen: these and root
  std::vector<std::string> allow_groups;         // listen: members of these, too
  CommandLine exec;                              // connect: what each session starts
  std::string connect_user;                      // connect: who it runs as
  std::string connect_group;                     // empty: the user's own
  bool connect_arguments = false;                // whether the client may add arguments
  TerminalRule terminal = TerminalRule::kNever;  // connect
  milliseconds kill_after = 5s;                  // from SIGHUP to SIGKILL, once the client has gone
  // [listen]
  std::vector<Endpoint> listen_address;          // literals only
  std::vector<MulticastGroup> listen_multicast;  // udp
  // [connect]
  std::vector<Backend> connect_address;
  Balance balance = Balance::kRoundRobin;
  std::uint32_t down_after = 3;    // failures in a row; 0: never
  milliseconds down_time = 10s;    // then it is tried again
  milliseconds slow_return = 10s;  // in which its weight grows; 0: at once
  HealthCheck check;               // what follows is about it
  WrittenBytes check_expect;       // what the answer begins with; none: any answer
  std::string check_secret_file;   // of check = radius; absolute
  milliseconds check_every = 2s;
  milliseconds check_timeout = 1s;
  std::uint32_t check_rise = 2;                          // checks in a row that bring a backend up
  std::uint32_t check_fall = 3;                          // those that take it down
  OnBackendDown on_backend_down = OnBackendDown::kWait;  // tcp
  ProxyProtocol proxy_protocol = ProxyProtocol::kNone;
  PortRule backend_port = PortRule::kSame;  // udp: from which port of a backend answers may come
  PortRule source_port = PortRule::kAny;    // udp: kSame: send from the client's, if it can be had
  Source source;                            // from where what goes to backends leaves
  // socks: what may be connected to, if it is in both; empty: nothing.
  std::vector<Network> connect_networks;
  std::vector<PortRange> connect_ports;
  std::uint32_t lookups = 32;  // socks: names at once
  // [relay]
  std::vector<std::string> relay_from;
  std::string relay_to;
  // [security]
  Principal identity;                    // ours
  Principal expect;                      // listen: the acceptor's
  std::vector<PrincipalPattern> accept;  // connect: initiators'; empty: nobody
  std::vector<std::uint16_t> suites;     // best first; empty: the best that the machine has
  Origins origins;

  // Whether an initiator of this name may open the service (connect side).
  [[nodiscard]] bool Accepts(const Principal& initiator) const;
  // Whether what PEER opens is relayed.
  [[nodiscard]] bool RelaysFor(std::string_view peer_name) const;
  // max_flows_per_client and max_flows_per_peer, with 0 replaced by max_flows.
  [[nodiscard]] std::uint32_t FlowsOfClient() const;
  [[nodiscard]] std::uint32_t FlowsOfPeer() const;
  // To what a service with [connect] connects: "192.0.2.1:53, 192.0.2.2:53", or for socks
  // "10.0.0.0/8, ports 22 443"; "nothing" if it may be nothing.
  [[nodiscard]] std::string ConnectsTo() const;
};

}  // namespace funnel::config
