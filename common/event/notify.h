// What a daemon tells the service manager ($NOTIFY_SOCKET, sd_notify(3)). Without one these do
// nothing.
#pragma once

#include <string_view>

namespace funnel::event {

// Configuration is valid and sockets are held.
void NotifyReady(std::string_view status);
// One line for `systemctl status`: what the daemon does or waits for. Sent only when it changes.
void NotifyStatus(std::string_view status);
void NotifyReloading();
void NotifyStopping();

}  // namespace funnel::event
