// The configuration of one service: funnel.conf, its own file and those of the peers that it names.
#pragma once

#include <expected>

#include "common/base/options.h"
#include "common/config/read/load.h"

namespace funnel::ctl {

// As config::Load does it, but as if there were no other services and peers. If the service has no
// file, that is a mistake.
[[nodiscard]] std::expected<config::Configuration, config::Mistakes> LoadOneService(
    const Options& options, const std::string& name);

}  // namespace funnel::ctl
