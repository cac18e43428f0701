#include "funnel-udpd/send_batch.h"

#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace funnel::udpd {
namespace {

// The kernel takes at most 64 segments (UDP_MAX_SEGMENTS) and 65,507 bytes a call.
constexpr std::size_t kMaxSegments = 64;
constexpr std::size_t kMaxTrain = 65507;
// Larger ones would be fragmented, and a train cannot be.
constexpr std::size_t kMaxSegment = 1400;
constexpr std::size_t kSendControlSize =
    CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t)) + CMSG_SPACE(sizeof(int));

// A call may return an error that ICMP reported about an earlier datagram; then its own datagrams
// were not looked at. So an error counts for a message only if it comes twice, except these.
bool MayBeAnothers(int error) { return error != EAGAIN && error != ENOBUFS; }

}  // namespace

struct SendBatch::Message {
  std::size_t first = 0, count = 0;  // entries
  const SocketAddress* to = nullptr;
  const SocketAddress* from = nullptr;
  iovec vector{};
  msghdr header{};
  alignas(cmsghdr) std::uint8_t control[kSendControlSize]{};
};

namespace {

// Appends one control message after those that HEADER has.
template <typename T>
void AppendControl(msghdr& header, std::uint8_t* room, int level, int type, const T& value) {
  header.msg_control = room;
  auto* at = reinterpret_cast<cmsghdr*>(room + header.msg_controllen);
  at->cmsg_level = level;
  at->cmsg_type = type;
  at->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(at), &value, sizeof value);
  header.msg_controllen += CMSG_SPACE(sizeof value);
}

void AppendSource(msghdr& header, std::uint8_t* room, const SocketAddress& from) {
  if (from.family() == AF_INET) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, from.ip_bytes().data(), sizeof info.ipi_spec_dst);
    AppendControl(header, room, IPPROTO_IP, IP_PKTINFO, info);
  } else if (from.family() == AF_INET6) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, from.ip_bytes().data(), sizeof info.ipi6_addr);
    info.ipi6_ifindex = reinterpret_cast<const sockaddr_in6*>(from.data())->sin6_scope_id;
    AppendControl(header, room, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

void AppendMark(msghdr& header, std::uint8_t* room, const SocketAddress& to, std::uint8_t dscp) {
  if (dscp == 0) return;
  const int traffic_class = dscp << 2;  // ECN has the lower two bits
  const bool v6 = to.Unmapped().family() == AF_INET6;
  AppendControl(header, room, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS,
                traffic_class);
}

}  // namespace

SendBatch::SendBatch(event::Loop& loop) : hook_(loop.AddTurnHook([this] { Flush(); })) {}

void SendBatch::Add(int fd, const SocketAddress& to, const SocketAddress& from, ByteView datagram,
                    std::uint8_t dscp, ByteView preface) {
  const std::size_t size = preface.size() + datagram.size();
  if (bytes_.size() + size > kMaxWaitingBytes) Flush();
  entries_.push_back({fd, to, from, bytes_.size(), size, dscp});
  bytes_.insert(bytes_.end(), preface.begin(), preface.end());
  bytes_.insert(bytes_.end(), datagram.begin(), datagram.end());
  hook_->Request();
}

void SendBatch::Flush() {
  if (entries_.empty()) return;
  for (std::size_t first = 0; first < entries_.size();) {
    std::size_t last = first + 1;
    while (last < entries_.size() && entries_[last].fd == entries_[first].fd) ++last;
    SendRun(first, last);
    first = last;
  }
  entries_.clear();
  bytes_.clear();
  if (on_flushed_) on_flushed_();
}

std::size_t SendBatch::SegmentsFrom(std::size_t first, std::size_t last) const {
  const Entry& head = entries_[first];
  if (head.size == 0 || head.size > kMaxSegment) return 1;
  const std::size_t most = std::min({last - first, kMaxSegments, kMaxTrain / head.size});
  std::size_t count = 1;
  while (count < most) {
    const Entry& next = entries_[first + count];
    if (next.size > head.size || next.size == 0 || !(next.to == head.to) ||
        !(next.from == head.from) || next.dscp != head.dscp)
      break;
    ++count;
    if (next.size < head.size) break;  // only the last segment may be short
  }

  return count;
}

void SendBatch::Fill(Message& message) const {
  const Entry& head = entries_[message.first];
  const Entry& tail = entries_[message.first + message.count - 1];
  message.vector = {const_cast<std::uint8_t*>(bytes_.data()) + head.at,
                    tail.at + tail.size - head.at};

  message.header = {.msg_name = const_cast<sockaddr*>(head.to.data()),
                    .msg_namelen = head.to.size(),
                    .msg_iov = &message.vector,
                    .msg_iovlen = 1,
                    .msg_control = nullptr,
                    .msg_controllen = 0,
                    .msg_flags = 0};

  if (head.to.family() == AF_UNSPEC) {
    message.header.msg_name = nullptr;
    message.header.msg_namelen = 0;
  }

  AppendSource(message.header, message.control, head.from);
  AppendMark(message.header, message.control, head.to, head.dscp);
  if (message.count > 1)
    AppendControl(message.header, message.control, IPPROTO_UDP, UDP_SEGMENT,
                  static_cast<std::uint16_t>(head.size));
}

void SendBatch::SendRun(std::size_t first, std::size_t last) {
  std::vector<Message> messages;
  for (std::size_t at = first; at < last;) {
    messages.push_back({.first = at, .count = SegmentsFrom(at, last)});
    at += messages.back().count;
  }
  for (Message& message : messages) Fill(message);
  SendMessages(entries_[first].fd, messages);
}

void SendBatch::SendMessages(int fd, std::vector<Message>& messages) {
  std::vector<mmsghdr> headers;
  for (const Message& message : messages) headers.push_back({message.header, 0});

  bool tried = false;  // the message at `at`
  for (std::size_t at = 0; at < messages.size();) {
    const int sent = sendmmsg(fd, headers.data() + at, static_cast<unsigned>(headers.size() - at),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      for (int i = 0; i < sent; ++i) totals_.sent += messages[at++].count;
      tried = false;
      continue;
    }

    const int error = errno;
    if (MayBeAnothers(error) && !std::exchange(tried, true)) continue;
    tried = false;

    const Message& failed = messages[at++];
    if (failed.count > 1 && MayBeAnothers(error)) {
      SendSingly(failed.first, failed.count);
    } else {
      CountFailure(error, failed.count, entries_[failed.first]);
    }
  }
}

// The kernel does not segment what is larger than the path allows, or what IPsec is applied to.
// That is so for this destination, and says nothing about others.
void SendBatch::SendSingly(std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) {
    Message message{.first = i, .count = 1};
    Fill(message);
    bool done = false;
    for (int tries = 0; tries < 2 && !done; ++tries) {
      if (sendmsg(entries_[i].fd, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        ++totals_.sent;
        done = true;
      } else if (tries == 1 || !MayBeAnothers(errno)) {
        CountFailure(errno, 1, entries_[i]);
        done = true;
      }
    }
  }
}

void SendBatch::CountFailure(int error, std::size_t datagrams, const Entry& entry) {
  if (!MayBeAnothers(error)) {
    totals_.blocked += datagrams;
  } else if (error == EMSGSIZE) {
    totals_.too_large += datagrams;
    totals_.too_large_for = entry.to;
    totals_.too_large_bytes = entry.size;
  } else if (error == ECONNREFUSED) {
    totals_.refused += datagrams;
  } else {
    totals_.errors += datagrams;
  }
}

SendBatch::Totals SendBatch::TakeTotals() { return std::exchange(totals_, {}); }

}  // namespace funnel::udpd
