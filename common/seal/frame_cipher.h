// The cipher of a suite's frames from what authd hands out.
#pragma once

#include <memory>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/wire/frame/crypto.h"
#include "common/wire/frame/types.h"

namespace funnel::seal {

// The keys of one epoch of one channel.
struct FrameKeys {
  std::uint16_t suite = 0;
  std::uint16_t enctype = 0;  // of the ticket's context; suite 1 seals with it
  ByteView key;               // suite 1: the acceptor subkey; above: what the key schedule gave
  wire::Role our_role = wire::Role::kInitiator;
  ChannelId channel;
  Epoch epoch;
};

[[nodiscard]] Result<std::unique_ptr<wire::FrameCipher>> MakeFrameCipher(const FrameKeys& keys);

}  // namespace funnel::seal
