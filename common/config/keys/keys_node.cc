// [node] and [kerberos] of funnel.conf. Above each group: why its defaults are what they are.
#include "common/config/keys/keys.h"

namespace funnel::config {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;

template <auto kMember>
constexpr auto Kerberos = At<&NodeConfig::kerberos, kMember>;

constexpr KeyRow kNodeRows[] = {
    OnRestart({"node",
               "name",
               Type::kNodeName,
               At<&NodeConfig::name>,
               "This node's name; peers name it in `node` and in `target`. Names of nodes are "
               "compared as DNS "
               "does: case, and a dot at the end, do not matter.",
               {},
               Need::kRequired}),
    {"node", "sctpd-user", Type::kUser, At<&NodeConfig::sctpd_user>,
     "Whom funnel-authd and edges take for funnel-sctpd."},
    {"node", "authd-user", Type::kUser, At<&NodeConfig::authd_user>,
     "Whose funnel-authd's counters are, and who alone may read the keytab."},
    {"node", "read-group", Type::kUser, At<&NodeConfig::read_group>,
     "Who may ask for status; who may change things may too."},
    {"node", "admin-group", Type::kUser, At<&NodeConfig::admin_group>,
     "Who may change a running daemon."},
    {"node", "log-level", Type::kLogLevel, At<&NodeConfig::log_level>,
     "What is logged: this level and graver."},

    // A handshake waits for a KDC or a resolver at worst, so threads are for waiting, not for CPU.
    // The queue bounds what strangers can pile up at about a second of work.
    {"kerberos",
     "keytab",
     Type::kPath,
     Kerberos<&KerberosConfig::keytab>,
     "Keys of all identities that peers authenticate to.",
     {},
     Need::kOptional,
     kEverywhere,
     "keytabs/funnel.keytab beside funnel.conf"},
    {"kerberos",
     "client-keytab",
     Type::kPath,
     Kerberos<&KerberosConfig::client_keytab>,
     "Keys with which tickets are got.",
     {},
     Need::kOptional,
     kEverywhere,
     "the keytab"},
    {"kerberos",
     "handshake-threads",
     Type::kCount,
     Kerberos<&KerberosConfig::handshake_threads>,
     "Handshakes that run at once.",
     {1, 256}},
    Limit("busy",
          {"kerberos",
           "handshake-queue",
           Type::kCount,
           Kerberos<&KerberosConfig::handshake_queue>,
           "Handshakes that wait for a thread, half of them for one service at most; beyond it the "
           "answer is `busy`.",
           {1, 65536}}),
    {"kerberos",
     "handshake-timeout",
     Type::kTime,
     Kerberos<&KerberosConfig::handshake_timeout>,
     "Longest time that a handshake may take.",
     {kSecond, 5 * kMinute}},
    {"kerberos",
     "claim-lifetime",
     Type::kTime,
     Kerberos<&KerberosConfig::claim_lifetime>,
     "How long an edge has to redeem a claim.",
     {kSecond, 5 * kMinute}},
    Limit("busy", {"kerberos",
                   "max-contexts",
                   Type::kCount,
                   Kerberos<&KerberosConfig::max_contexts>,
                   "Security contexts held at once; one service has half of them at most.",
                   {16, 1048576}}),
    Limit("busy", {"kerberos",
                   "peer-handshakes",
                   Type::kCount,
                   Kerberos<&KerberosConfig::peer_handshakes>,
                   "Handshakes of nodes not yet verified, at once in all.",
                   {1, 4096}}),
    Limit("busy", {"kerberos",
                   "peer-handshakes-per-association",
                   Type::kCount,
                   Kerberos<&KerberosConfig::peer_handshakes_per_association>,
                   "Handshakes of one node not yet verified, at once.",
                   {1, 64}}),
};

}  // namespace

std::span<const KeyRow> BaseKeys() { return kNodeRows; }

}  // namespace funnel::config
