// One message of a Unix socket, with all that may come with its bytes.
#pragma once

#include <sys/types.h>

#include <vector>

#include "common/base/bytes.h"
#include "common/base/foreign_fd.h"

namespace funnel {

struct ReceivedMessage {
  ssize_t size = -1;       // as recvmsg(2) returns it; errno says why it is -1
  bool cut_short = false;  // there were more bytes than room: they are lost
  // What was passed with it (SCM_RIGHTS), owned before anything was looked at.
  std::vector<ForeignFd> fds;
  bool lost_fds = false;  // there were more: the kernel could not give them to us
};

// Does not wait. There is room for as many descriptors as a hostile sender may pass: without room
// they would be closed inside the call, on this thread, which may take as long as their maker likes
// (foreign_fd.h). So this is the way to read from any Unix socket that others write to.
[[nodiscard]] ReceivedMessage ReceiveMessage(int fd, MutableByteView space);

}  // namespace funnel
