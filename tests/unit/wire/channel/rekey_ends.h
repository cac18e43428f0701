// Two ends of a channel whose owners renew its keys.
#pragma once

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {

// Both owners answer as authd would; keys are numbered by epoch.
class RekeyEnds : public Ends {
 public:
  explicit RekeyEnds(const ChannelSettings& settings = {}) : Ends(settings) {
    a.seen.on_rekey_due = [this](Epoch) {
      if (authd_fails) return a.channel->RekeyFailed();
      a.channel->StartRekey(AsBytes("token"));
    };
    b.seen.on_rekey_token = [this](Epoch next, ByteView) {
      if (acceptor_refuses) return b.channel->RekeyFailed();
      b.channel->AnswerRekey(AsBytes("reply"), Keys(next, Role::kAcceptor));
    };
    a.seen.on_rekey_token = [this](Epoch next, ByteView) {
      if (reply_is_bad) return a.channel->RekeyFailed();
      a.channel->InstallEpoch(Keys(next, Role::kInitiator));
    };
  }
  EpochKeys Keys(Epoch next, Role role) {
    const std::uint64_t key = 7 + next.value();
    EpochKeys keys = ToyKeys(key, role, BootTime{boot.since_boot + life});
    if (role == Role::kInitiator && wrong_confirm) keys.confirm.assign(32, 0xFF);
    return keys;
  }
  void PassTo80Percent() {
    for (int i = 0; i < 1450; ++i) {
      Pass(std::chrono::seconds(20));
      Run();
    }
  }

  bool authd_fails = false, acceptor_refuses = false, reply_is_bad = false, wrong_confirm = false;
  Duration life = std::chrono::seconds(36000);
};

}  // namespace funnel::wire::testing
