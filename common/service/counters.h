// The counters that all edges have; each daemon's own ones follow in the same file.
#pragma once

#include <span>
#include <vector>

#include "common/metrics/counters.h"

namespace funnel::service {

enum Counter : std::size_t {
  kChannelsUp,             // gauge
  kChannelsInSuite1,       // gauge
  kChannelsModulesDiffer,  // gauge
  kChannelsOpened,         // handshakes that gave keys
  kChannelsRefused,        // by the peer
  kChannelsFailed,         // for a reason at our end: authd, KDC, no answer
  kChannelsEnded,          // with FAREWELL
  kChannelsTruncated,      // without FAREWELL
  kChannelsRevoked,        // the access rule no longer held
  kRekeys,
  kRekeysFailed,
  kKeysWornOut,    // [service] key-frames, key-volume
  kKeyLog,         // gauge: [service] key-log
  kKeysNotLogged,  // the file is full, or cannot be written
  kClaimsFailed,
  kAdoptionsRefused,  // over the limit, or not from sctpd
  kFramesSent,
  kFramesReceived,
  kFramesReplayed,
  kFramesForged,
  kFramesWrongEpoch,
  kFramesTooOld,
  kFramesMalformed,  // no frame, or a frame that does not belong here
  kViolations,
  kPayloadBytesSent,
  kPayloadBytesReceived,
  kDatagramsLate,     // their lifetime ended before they could be sent
  kDatagramsDropped,  // by a limit of the channel
  kDraining,          // gauge: 1 after `funnelctl drain`
  kSessionsStuck,     // stuck-timeout
  kClientsRejected,   // of the control socket: [control] clients
  kCommandsDenied,
  kTraceLinesLost,  // [control] trace-queue
  kMessagesFree,
  kMessagesOrdered,
  kMessagesFollows,
  kMessagesAfterAll,
  kMessagesOvertook,
  kSessionsOpenedByDatagram,
  kSessionsOpenedByFrame,
  kOpeningsRepeated,
  kBackendChecks,
  kBackendChecksFailed,
  kCommonCounters,
};

inline constexpr metrics::CounterDef kCommonTable[kCommonCounters] = {
    {"channels_up", "Channels with keys now.", metrics::Kind::kGauge},
    {"channels_in_suite_1",
     "Channels in suite 1 now: whoever records them and later learns a keytab can read them.",
     metrics::Kind::kGauge},
    {"channels_modules_differ",
     "Channels now whose other end has another protocol module, or none, which costs order.",
     metrics::Kind::kGauge},
    {"channels_opened", "Handshakes that gave keys."},
    {"channels_refused", "Channels that the peer refused."},
    {"channels_failed", "Channels that failed for a reason on this side: authd, KDC, no answer."},
    {"channels_ended", "Channels that ended in good order."},
    {"channels_truncated", "Channels that were cut off."},
    {"channels_revoked", "Channels ended because the access rule no longer held."},
    {"rekeys", "Changes to a new key."},
    {"rekeys_failed", "Changes to a new key that failed."},
    {"keys_worn_out", "Channels ended because their key was used as much as it may be."},
    {"key_log", "1 while keys are written to a file: whoever reads it reads all traffic.",
     metrics::Kind::kGauge},
    {"keys_not_logged", "Keys not written to the file of key-log: it is full, or not to be had."},
    {"claims_failed", "Claims that funnel-authd did not redeem."},
    {"adoptions_refused", "Channels not taken: over the limit, or not from funnel-sctpd."},
    {"frames_sent", "Frames sent."},
    {"frames_received", "Frames received."},
    {"frames_replayed", "Frames dropped: seen before."},
    {"frames_forged", "Frames dropped: not sealed by the peer."},
    {"frames_wrong_epoch", "Frames dropped: of a key that is not in use."},
    {"frames_too_old", "Frames dropped: older than the replay window."},
    {"frames_malformed", "Frames dropped: no frame, or one that has no place here."},
    {"violations", "Channels ended because the peer broke the protocol."},
    {"payload_bytes_sent", "Bytes of payload sent."},
    {"payload_bytes_received", "Bytes of payload received."},
    {"datagrams_late", "Datagrams dropped: their lifetime was over before they could be sent."},
    {"datagrams_dropped", "Datagrams dropped by a limit of the channel."},
    {"draining", "1 after funnelctl drain: no new sessions.", metrics::Kind::kGauge},
    {"sessions_stuck", "Connections reset because nothing was taken for stuck-timeout."},
    {"clients_rejected", "Connections to the control socket turned away: too many."},
    {"commands_denied", "Commands refused to whoever gave them."},
    {"trace_lines_lost", "Lines of a trace that a slow reader did not get."},
    {"messages_free", "Messages of connections sent that are delivered at once."},
    {"messages_ordered", "Messages of connections sent that follow the one before them."},
    {"messages_follows", "Messages of connections sent that follow one earlier message."},
    {"messages_after_all", "Messages of connections sent that follow all before them."},
    {"messages_overtook", "Messages of connections delivered before an earlier one."},
    {"sessions_opened_by_datagram",
     "Flows opened by a datagram that carries what opens them, sent or come."},
    {"sessions_opened_by_frame", "Sessions opened by OPEN_SESSION, sent or come."},
    {"openings_repeated",
     "Times that what opens a session came or went once more: it was open, over, or not answered."},
    {"backend_checks", "Checks of backends that are over: [connect] check."},
    {"backend_checks_failed", "Those of them that the backend failed."},
};

// What one edge counts: these, and behind them its OWN.
[[nodiscard]] inline std::vector<metrics::CounterDef> WholeTable(
    std::span<const metrics::CounterDef> own) {
  std::vector<metrics::CounterDef> table(std::begin(kCommonTable), std::end(kCommonTable));
  table.insert(table.end(), own.begin(), own.end());
  return table;
}

}  // namespace funnel::service
