// `funnelctl forward`: a port whose connections go to one target over a service with protocol =
// socks. Who gave the command listens, with their own rights; the edge only accepts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/unique_fd.h"
#include "common/wire/frame/types.h"

namespace funnel::service {

// Never used again while the edge runs.
using ForwardId = StrongId<struct ForwardTag, std::uint64_t>;

struct ForwardRequest {
  UniqueFd listening;  // a listening TCP socket, of IPv4 or IPv6
  wire::Target target = {};
  uid_t uid = 0;  // who wants it
  // The application ends it, for the reason WHY; called at most once, and not inside a call about
  // this forward.
  std::function<void(std::string_view why)> on_stopped = {};
};

struct ForwardView {
  ForwardId id;
  std::string_view listen;  // "127.0.0.1:8080"
  const wire::Target& target;
  uid_t uid = 0;
  TimePoint since{};
  std::uint64_t connections = 0;  // that it has taken so far
};

}  // namespace funnel::service
