// What the configuration says, checked and complete: plain structs that every daemon works with.
// The initialisers below ARE the defaults, also those that the engine's tests use; keys.h has one
// row for each key and points at these members.
// Times are milliseconds; 0 means off only where the comment says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/config/address.h"
#include "common/config/backend.h"
#include "common/config/health_check.h"
#include "common/config/principal.h"

namespace funnel::config {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;

// Where a value was written.
struct Origin {
  std::string file;
  int line = 0;  // 0: the file as a whole
};

// One mistake; "FILE:LINE: TEXT" is how funnelctl check prints it.
struct Mistake {
  std::string file;
  int line = 0;
  std::string text;
  // Without ":LINE" where line is 0.
  [[nodiscard]] std::string Print() const;
};

// Where each value of one file was written: "section.key" has one Origin for each value, "section"
// has the section's header, "" has the file. Keys that are left to their default are absent.
using Origins = std::map<std::string, std::vector<Origin>, std::less<>>;

// Where SECTION.KEY was first written; if nowhere, SECTION's header; if that is absent, the file.
[[nodiscard]] Origin FindOrigin(const Origins& origins, std::string_view section,
                                std::string_view key);
// Where the I-th value of a list was written. Values that did not parse are not in the list, so if
// it has other mistakes, the line may be that of a neighbour.
[[nodiscard]] Origin FindOrigin(const Origins& origins, std::string_view section,
                                std::string_view key, std::size_t i);

// [kerberos] of funnel.conf, which funnel-authd reads.
struct KerberosConfig {
  std::string keytab;         // absolute after Load; default DIR/keytabs/funnel.keytab
  std::string client_keytab;  // absolute after Load; default: the same as keytab
  std::uint32_t handshake_threads = 16;
  std::uint32_t handshake_queue = 1024;  // handshakes that wait for a thread; more are refused as
                                         // busy
  milliseconds handshake_timeout = 10s;
  milliseconds claim_lifetime = 10s;
  std::uint32_t max_contexts = 65536;
  std::uint32_t peer_handshakes = 64;  // of strangers (stream 0), at once, in all
  std::uint32_t peer_handshakes_per_association = 2;
};

inline constexpr std::uint16_t kDefaultUdpPort = 9899;
inline constexpr std::uint16_t kDefaultSctpPort = 29899;

// kOwn: Funnel's own SCTP (sctp/), in funnel-sctpd itself.
enum class Engine { kAuto, kKernel, kOwn };

// [sctp] of funnel.conf, which funnel-sctpd reads.
struct SctpConfig {
  Engine engine = Engine::kAuto;
  std::vector<SocketAddress>
      listen;       // port = udp_port after Load; empty: any address, both families
  bool udp = true;  // RFC 6951 encapsulation
  std::uint16_t udp_port = kDefaultUdpPort;
  std::uint16_t sctp_port = kDefaultSctpPort;
  bool accept = true;  // whether peers may connect to us
  milliseconds rto_min = 100ms;
  milliseconds rto_initial = 500ms;
  milliseconds rto_max = 2s;
  milliseconds sack_delay = 20ms;
  milliseconds heartbeat = 2s;
  milliseconds dead_peer_timeout = 10s;
  milliseconds path_probe = 5s;        // how often paths that are not in use are tried
  milliseconds path_failover = 300ms;  // silence under load after which others are tried
  std::uint64_t send_buffer_bytes = 4 * kMiB;
  std::uint64_t receive_buffer_bytes = 4 * kMiB;
  std::uint64_t packet_size_bytes = 1452;  // UDP payload: an IPv6 packet of 1500 without its
                                           // headers
  std::uint32_t streams = 1024;
  milliseconds connect_timeout = 5s;    // one attempt to set up an association
  milliseconds attempt_delay = 300ms;   // then the next candidate is tried, too
  milliseconds direct_retry = 10min;    // carrier = auto, where UDP worked: direct SCTP is tried
                                        // again
  milliseconds return_interval = 1min;  // how often better paths than the one in use are tried
  milliseconds switch_idle = 5s;        // after such a silence an association may be replaced
  milliseconds reconnect_min = 50ms;
  milliseconds reconnect_max = 2s;
  milliseconds idle_disconnect = 5min;  // on-demand: ends after so long without channels
  std::uint32_t max_associations = 1024;
  std::uint32_t unverified_associations = 256;
  std::uint32_t unverified_per_address = 16;
  milliseconds verify_timeout = 15s;
  std::uint32_t half_open_per_association = 64;  // OPENs that authd has not answered
  std::uint32_t half_open_total = 512;
  std::uint64_t channel_queue_bytes = 20 * kMiB;
  std::uint64_t relay_queue_bytes = 256 * kMiB;  // of all relayed channels
  std::uint32_t control_clients = 1024;          // connections to sctpd.sock
  std::uint32_t refusals_kept = 64;              // for funnelctl status
};

// [control] of funnel.conf: what funnelctl may use of a daemon.
struct ControlConfig {
  std::uint32_t clients = 32;           // connections to one edge's control socket
  std::uint32_t commands = 16;          // of one connection, not answered yet
  std::uint32_t sessions_shown = 1000;  // of one edge, in one answer
  std::uint64_t trace_queue_bytes = 256 * kKiB;
  milliseconds ping_timeout = 5s;
};

struct NodeConfig {
  std::string name;
  std::string sctpd_user = "funnel-sctpd";  // a user name or a number, as all users and groups here
  std::string authd_user = "funnel-authd";
  std::string read_group = "funnel-read";    // may ask for status
  std::string admin_group = "funnel-admin";  // may change things
  LogLevel log_level = LogLevel::kInfo;
  std::vector<std::uint16_t>
      peer_suites;  // of @peer, best first; empty: the best that the machine has
  KerberosConfig kerberos;
  SctpConfig sctp;
  ControlConfig control;
  Origins origins;
};

enum class Carrier { kAuto, kDirect, kUdp };
enum class When { kAlways, kOnDemand };

// peers.d/NAME.ini
struct PeerConfig {
  std::string name;
  std::string node;
  Principal principal;  // the peer's authd
  Principal identity;   // ours towards that peer; default funnel/NODE@(the peer's realm)
  std::vector<Endpoint>
      connect;  // port 0: udp-port or sctp-port by carrier; empty: it connects to us
  Carrier carrier = Carrier::kAuto;
  When when = When::kAlways;
  std::vector<Network> client_networks;
  Origins origins;
};

// The default of idle-exit where the association itself is on demand. It is as long as
// sctp.idle_disconnect.
inline constexpr milliseconds kIdleExitOnDemand = 5min;

enum class Protocol { kUdp, kTcp };
enum class Role { kListen, kConnect, kRelay };
enum class ProxyProtocol { kNone, kV1, kV2, kV2Tlv };
// How new sessions are divided among backends.
enum class Balance { kRoundRobin, kLeastSessions, kClient };
enum class AccessForm { kNo, kJournal, kJson };

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
  std::uint64_t client_byte_rate_bytes = 0;   // udp, a second
  std::uint32_t client_table = 16384;         // clients whose rates are known
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
  // tcp
  std::uint32_t max_sessions = 4096;
  std::uint32_t listen_backlog = 4096;  // listen: connections that the kernel keeps for us
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
  // [listen]
  std::vector<Endpoint> listen_address;  // literals only
  // [connect]
  std::vector<Backend> connect_address;
  Balance balance = Balance::kRoundRobin;
  std::uint32_t down_after = 3;    // failures in a row; 0: never
  milliseconds down_time = 10s;    // then it is tried again
  milliseconds slow_return = 10s;  // in which its weight grows; 0: at once
  HealthCheck check;               // what follows is about it
  WrittenBytes check_expect;       // what the answer begins with; none: any answer
  milliseconds check_every = 2s;
  milliseconds check_timeout = 1s;
  std::uint32_t check_rise = 2;  // checks in a row that bring a backend up
  std::uint32_t check_fall = 3;  // those that take it down
  ProxyProtocol proxy_protocol = ProxyProtocol::kNone;
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
};

// Both lists are sorted by name.
struct Configuration {
  NodeConfig node;
  std::vector<PeerConfig> peers;
  std::vector<ServiceConfig> services;
  std::vector<Mistake> retired;  // what the files still have of earlier versions (keys/retired.h)

  [[nodiscard]] const PeerConfig* FindPeer(std::string_view name) const;
  [[nodiscard]] const PeerConfig* FindPeerByNode(std::string_view node) const;
  [[nodiscard]] const ServiceConfig* FindService(std::string_view name) const;
  // The connect-side service that a peer's OPEN names.
  [[nodiscard]] const ServiceConfig* FindByWireName(std::string_view wire_name) const;
};

}  // namespace funnel::config
