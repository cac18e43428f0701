// The counters that all edges have; each daemon's own follow behind them in one file.
#pragma once

#include "common/metrics/counters.h"

namespace funnel::service {

enum Counter : std::size_t {
  kChannelsUp,         // gauge
  kChannelsOpened,     // handshakes that gave keys
  kChannelsRefused,    // by the peer
  kChannelsFailed,     // for a reason of ours: authd, KDC, no answer
  kChannelsEnded,      // with FAREWELL
  kChannelsTruncated,  // without
  kChannelsRevoked,    // the access rule no longer held
  kRekeys,
  kRekeysFailed,
  kClaimsFailed,
  kAdoptionsRefused,  // over the limit, or not from sctpd
  kFramesSent,
  kFramesReceived,
  kFramesReplayed,
  kFramesForged,
  kFramesWrongEpoch,
  kFramesTooOld,
  kFramesMalformed,  // no frame, or one that has no place here
  kViolations,
  kPayloadBytesSent,
  kPayloadBytesReceived,
  kDatagramsLate,     // their lifetime was over before they could be sent
  kDatagramsDropped,  // by a limit of the channel
  kCommonCounters,
};

inline constexpr metrics::CounterDef kCommonTable[kCommonCounters] = {
    {"channels_up", metrics::Kind::kGauge},
    {"channels_opened"},
    {"channels_refused"},
    {"channels_failed"},
    {"channels_ended"},
    {"channels_truncated"},
    {"channels_revoked"},
    {"rekeys"},
    {"rekeys_failed"},
    {"claims_failed"},
    {"adoptions_refused"},
    {"frames_sent"},
    {"frames_received"},
    {"frames_replayed"},
    {"frames_forged"},
    {"frames_wrong_epoch"},
    {"frames_too_old"},
    {"frames_malformed"},
    {"violations"},
    {"payload_bytes_sent"},
    {"payload_bytes_received"},
    {"datagrams_late"},
    {"datagrams_dropped"},
};

}  // namespace funnel::service
