// What the played daemons share: a listening socket and its connections.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "common/event/loop.h"
#include "common/ipc/control_connection.h"

namespace funnel::service {

// A listening SOCK_SEQPACKET socket at PATH.
[[nodiscard]] UniqueFd ListenAt(const std::string& path);

// Adds the connection FD to LIST until it closes; ON_MESSAGE gets its messages.
template <typename List, typename OnMessage>
void AcceptInto(event::Loop& loop, List& list, UniqueFd fd, OnMessage on_message) {
  auto self = std::make_shared<ipc::ControlConnection*>(nullptr);
  auto connection = ipc::ControlConnection::Create(
      loop, ipc::ControlSocket(std::move(fd)),
      {[self, on_message](ByteView packet, UniqueFd passed) {
         on_message(**self, packet, std::move(passed));
       },
       [&list, self](const Error&) {
         std::erase_if(list, [&](const auto& one) { return one.get() == *self; });
       }});
  *self = connection->get();
  list.push_back(std::move(*connection));
}

}  // namespace funnel::service
