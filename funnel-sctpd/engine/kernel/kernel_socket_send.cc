// KernelSocket: messages into the kernel. What sctp_sendv does, for many messages in one call.
#include <arpa/inet.h>
#include <netinet/sctp.h>

#include <algorithm>
#include <cstring>

#include "funnel-sctpd/engine/kernel/kernel_socket.h"

namespace funnel::sctp {
namespace {

constexpr std::size_t kMessages = 64;

struct Batch {
  struct Control {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(sctp_sndinfo)) + CMSG_SPACE(sizeof(sctp_prinfo))];
  };
  mmsghdr messages[kMessages];
  iovec vectors[kMessages];
  Control controls[kMessages];

  void Fill(std::size_t i, sctp_assoc_t association, const KernelOutbox::Message& message,
            TimePoint now);
};

template <typename T>
std::size_t Put(char* at, int type, const T& value) {
  cmsghdr header{};
  header.cmsg_level = IPPROTO_SCTP;
  header.cmsg_type = type;
  header.cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(at, &header, sizeof header);
  std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
  return CMSG_SPACE(sizeof value);
}

void Batch::Fill(std::size_t i, sctp_assoc_t association, const KernelOutbox::Message& message,
                 TimePoint now) {
  // sendmmsg does not write to what it sends.
  vectors[i] = {const_cast<std::uint8_t*>(message.bytes.data()), message.bytes.size()};

  sctp_sndinfo info{};
  info.snd_sid = message.stream.value();
  info.snd_flags = message.unordered ? static_cast<std::uint16_t>(SCTP_UNORDERED) : 0;
  info.snd_ppid = htonl(kPayloadProtocol);
  info.snd_assoc_id = association;
  std::size_t used = Put(controls[i].bytes, SCTP_SNDINFO, info);

  if (message.deadline != TimePoint::max()) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(message.deadline - now);
    sctp_prinfo lifetime{};
    lifetime.pr_policy = SCTP_PR_SCTP_TTL;
    lifetime.pr_value = static_cast<std::uint32_t>(left.count());
    used += Put(controls[i].bytes + used, SCTP_PRINFO, lifetime);
  }

  msghdr& header = messages[i].msg_hdr;
  header = {};
  header.msg_iov = &vectors[i];
  header.msg_iovlen = 1;
  header.msg_control = controls[i].bytes;
  header.msg_controllen = used;
}

}  // namespace

Result<> KernelSocket::Send(KernelAssociationId association, KernelOutbox& outbox) {
  Batch batch;
  TimePoint now = Now();
  while (!outbox.empty()) {
    if (outbox.front().deadline <= now) {
      outbox.PopExpired();
      continue;
    }

    std::size_t count = 0;
    while (count < std::min(kMessages, outbox.size()) && outbox.at(count).deadline > now) {
      batch.Fill(count, association.value(), outbox.at(count), now);
      ++count;
    }

    // All but the last may wait for company: small messages share packets.
    bool more = count > 1;
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    int sent =
        ::sendmmsg(fd_.get(), batch.messages, static_cast<unsigned>(count - (more ? 1 : 0)), flags);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) return {};
      return FailErrno("SCTP send");
    }

    for (int i = 0; i < sent; ++i) outbox.Pop();
  }
  return {};
}

}  // namespace funnel::sctp
