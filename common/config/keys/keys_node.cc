// [node] and [kerberos] of funnel.conf. Above each group: why its defaults are what they are.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

template <auto kMember>
constexpr auto Kerberos = At<&NodeConfig::kerberos, kMember>;

constexpr KeyRow kNodeRows[] = {
    {
        .section = "node",
        .key = "name",
        .type = Type::kNodeName,
        .member = At<&NodeConfig::name>,
        .help = "This node's name; peers name it in `node` and in `target`. Names of nodes are "
                "compared as DNS does: case, and a dot at the end, do not matter.",
        .need = Need::kRequired,
        .applied = Applied::kRestart,
    },
    {
        .section = "node",
        .key = "sctpd-user",
        .type = Type::kUser,
        .member = At<&NodeConfig::sctpd_user>,
        .help = "The user that funnel-authd and edges recognise as funnel-sctpd.",
    },
    {
        .section = "node",
        .key = "authd-user",
        .type = Type::kUser,
        .member = At<&NodeConfig::authd_user>,
        .help = "The user of funnel-authd: its counters are that user's, and only it may read the "
                "keytab.",
    },
    {
        .section = "node",
        .key = "read-group",
        .type = Type::kUser,
        .member = At<&NodeConfig::read_group>,
        .help = "The group that may ask for status; admin-group may, too.",
    },
    {
        .section = "node",
        .key = "admin-group",
        .type = Type::kUser,
        .member = At<&NodeConfig::admin_group>,
        .help = "The group that may change a running daemon.",
    },
    {
        .section = "node",
        .key = "log-level",
        .type = Type::kLogLevel,
        .member = At<&NodeConfig::log_level>,
        .help = "What is logged: this level and more severe ones.",
    },
    {
        .section = "node",
        .key = "peer-suites",
        .type = Type::kSuites,
        .member = At<&NodeConfig::peer_suites>,
        .help = "As `suites` of a service, for the channel by which nodes prove who they are.",
        .computed_default = "all that this machine has, the quickest first and 1 last",
        .since = "0.2",
    },

    // A handshake may have to wait for a KDC or a resolver: the threads are for waiting, not for
    // computing. The queue limits what strangers can pile up to about a second of work.
    {
        .section = "kerberos",
        .key = "keytab",
        .type = Type::kPath,
        .member = Kerberos<&KerberosConfig::keytab>,
        .help = "Keys of all identities that peers authenticate to.",
        .computed_default = "keytabs/funnel.keytab in the folder of funnel.conf",
    },
    {
        .section = "kerberos",
        .key = "client-keytab",
        .type = Type::kPath,
        .member = Kerberos<&KerberosConfig::client_keytab>,
        .help = "Keys with which tickets are obtained.",
        .computed_default = "the keytab",
    },
    {
        .section = "kerberos",
        .key = "handshake-threads",
        .type = Type::kCount,
        .member = Kerberos<&KerberosConfig::handshake_threads>,
        .help = "Handshakes that run at once.",
        .range = {1, 256},
    },
    {
        .section = "kerberos",
        .key = "handshake-queue",
        .type = Type::kCount,
        .member = Kerberos<&KerberosConfig::handshake_queue>,
        .help = "Handshakes that wait for a thread, half of them for one service at most; beyond "
                "it the answer is `busy`.",
        .range = {1, 65536},
        .counted_in = "busy",
    },
    {
        .section = "kerberos",
        .key = "handshake-timeout",
        .type = Type::kTime,
        .member = Kerberos<&KerberosConfig::handshake_timeout>,
        .help = "Longest time that a handshake may take.",
        .range = {kSecond, 5 * kMinute},
    },
    {
        .section = "kerberos",
        .key = "claim-lifetime",
        .type = Type::kTime,
        .member = Kerberos<&KerberosConfig::claim_lifetime>,
        .help = "How long an edge has to redeem a claim.",
        .range = {kSecond, 5 * kMinute},
    },
    {
        .section = "kerberos",
        .key = "max-contexts",
        .type = Type::kCount,
        .member = Kerberos<&KerberosConfig::max_contexts>,
        .help = "Security contexts held at once; one service has half of them at most.",
        .range = {16, 1048576},
        .counted_in = "busy",
    },
    {
        .section = "kerberos",
        .key = "peer-handshakes",
        .type = Type::kCount,
        .member = Kerberos<&KerberosConfig::peer_handshakes>,
        .help = "Handshakes of nodes not yet verified, at once in all.",
        .range = {1, 4096},
        .counted_in = "busy",
    },
    {
        .section = "kerberos",
        .key = "peer-handshakes-per-association",
        .type = Type::kCount,
        .member = Kerberos<&KerberosConfig::peer_handshakes_per_association>,
        .help = "Handshakes of one node not yet verified, at once.",
        .range = {1, 64},
        .counted_in = "busy",
    },
};

}  // namespace

std::span<const KeyRow> BaseKeys() { return kNodeRows; }

}  // namespace funnel::config
