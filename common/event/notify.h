// What a daemon reports to the service manager ($NOTIFY_SOCKET, sd_notify(3)). Without a manager
// these do nothing.
#pragma once

#include <span>
#include <string_view>

#include "common/base/unique_fd.h"

namespace funnel::event {

// The configuration is valid and the sockets are held.
void NotifyReady(std::string_view status);
// One line for `systemctl status`: what the daemon does or waits for. Sent only when it changes.
void NotifyStatus(std::string_view status);
void NotifyReloading();
void NotifyStopping();

// The descriptor store (FDSTORE=1): after a restart for any reason, SOCKETS are passed to us under
// NAME, as those of socket units are (listen_fds.h).
void Store(std::string_view name, std::span<const UniqueFd> sockets);
// Removes all that is stored under NAME, and waits (at most 5 s) until that is done.
void ForgetStored(std::string_view name);

}  // namespace funnel::event
