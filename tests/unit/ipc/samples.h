// One message of each type, with no field empty.
#pragma once

#include <gtest/gtest.h>

#include "common/ipc/authd_messages.h"
#include "common/ipc/command_messages.h"
#include "common/ipc/run_messages.h"
#include "common/ipc/sctpd_messages.h"

namespace funnel::ipc {

using AllMessages =
    testing::Types<Initiate, Complete, CompleteRefused, Redeem, AcceptRekey, Release, Announce,
                   Opening, Context, Failed, Announced, Revoked, Accept, DropClaim, PeerStart,
                   PeerFrame, PeerGone, Accepted, AcceptRefused, PeerVerified, PeerFailed, Attach,
                   Attached, Rejected, Adopt, Command, CommandReply, CommandWithSocket, RunAnswer,
                   Exec>;

inline Secret SampleSecret() { return Secret(AsBytes("0123456789abcdef0123456789abcdef")); }

// Fills each field by its type.
template <typename T>
void FillSample(T& field) {
  if constexpr (std::is_same_v<T, ServiceName>)
    field = *ServiceName::Parse("dns");
  else if constexpr (std::is_same_v<T, std::string>)
    field = "dns/ns.hoster.net@EXAMPLE.NET";
  else if constexpr (std::is_same_v<T, std::vector<std::string>>)
    field = {"dns", "", "--wait"};
  else if constexpr (std::is_same_v<T, Secret>)
    field = SampleSecret();
  else if constexpr (std::is_same_v<T, Bytes>)
    field = {1, 2, 3, 4, 5};
  else if constexpr (std::is_same_v<T, BootTime>)
    field.since_boot = std::chrono::nanoseconds(123456789);
  else if constexpr (std::is_same_v<T, bool>)
    field = true;
  else
    field = static_cast<T>(20);
}

template <typename Message>
Message Sample() {
  Message message;
  std::apply([](auto&... field) { (FillSample(field), ...); }, Message::Fields(message));
  return message;
}

}  // namespace funnel::ipc
