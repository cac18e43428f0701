// What all objects of one edge use: loop, configuration, authd, counters, the application.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/config/service_config.h"
#include "common/event/loop.h"
#include "common/ipc/frame_pipe.h"
#include "common/metrics/counters.h"
#include "common/seal/frame_cipher.h"
#include "common/service/application.h"
#include "common/service/channel/authd_client.h"
#include "common/service/channel/key_log.h"
#include "common/service/counters.h"

namespace funnel::trace {
class Trace;
}  // namespace funnel::trace

namespace funnel::service {

// seal::MakeFrameCipher; tests use a toy.
using CipherFactory =
    std::function<Result<std::unique_ptr<wire::FrameCipher>>(const seal::FrameKeys& keys)>;

class Linger;

struct SharedState {
  event::Loop& loop;
  config::ServiceConfig service;  // replaced on reload
  std::string sctpd_user;
  std::string sctpd_path;
  metrics::CounterFile& counters;
  Duration rekey_retry;
  Duration confirm_timeout;  // for a handshake that only CONFIRM proves
  CipherFactory make_cipher;
  KeyLog key_log;
  AuthdClient& authd;
  Linger& linger;
  ipc::ReadBuffer& buffer;
  trace::Trace& trace;
  Application* application = nullptr;  // set before anything starts
  std::uint64_t last_serial = 0;

  void Count(Counter counter, std::uint64_t by = 1) { counters[counter] += by; }
};

}  // namespace funnel::service
