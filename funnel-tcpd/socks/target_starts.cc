#include "funnel-tcpd/socks/target_starts.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "common/service/client/client_policy.h"
#include "funnel-tcpd/socket_addresses.h"
#include "funnel-tcpd/socks/socks_gate.h"

namespace funnel::tcpd {
namespace {

Bytes ConnectedMessage(int fd) {
  const std::string text = AddressText(LocalAddress(fd));
  Bytes message{static_cast<std::uint8_t>(text.size())};
  std::ranges::copy(AsBytes(text), std::back_inserter(message));
  return message;
}

Result<SocketAddress> ReadAddress(const std::string& text) {
  if (text.empty()) return SocketAddress();
  const auto address = service::StatedAddress(text);
  if (!address) return Fail("what says that the target is connected has no address");
  return *address;
}

}  // namespace

Result<std::size_t> TargetStarts::Take(SessionId id, Session& session, ByteView bytes) {
  const auto at = expected_.find(id);
  if (at == expected_.end()) return 0;
  Bytes& come = at->second.come;
  const std::size_t before = come.size();
  const std::size_t first = before > 0 ? come[0] : bytes.empty() ? 0 : bytes[0];
  const std::size_t taken = std::min(bytes.size(), 1 + first - before);
  std::ranges::copy(bytes.first(taken), std::back_inserter(come));
  if (come.empty() || come.size() < 1 + first) return taken;

  const auto bound = ReadAddress(std::string(AsText(ByteView(come).subspan(1))));
  if (!bound) return std::unexpected(bound.error());
  const bool speaks_socks = at->second.speaks_socks;
  expected_.erase(at);
  // A few bytes: the socket takes them at once, or its connection is broken.
  if (speaks_socks) (void)session.Write(SocksReplyMessage(SocksReply::kSucceeded, *bound));
  return taken;
}

void TargetStarts::Refuse(SessionId id, Session& session, const wire::SessionInfo& info,
                          wire::EndCode code) {
  const auto ended = expected_.extract(id);
  if (ended.empty() || session.over()) return;
  const ChannelPort::Peer peer = port_.peer();
  shared_.Count(kTargetsNotConnected);
  Log(LogLevel::kNotice, "target-not-connected",
      "a client is not connected to " + info.target->text() + ": " +
          std::string(wire::EndCodeText(code)),
      {{"SERVICE", shared_.service.name.text()},
       {"CLIENT", info.client},
       {"TARGET", info.target->text()},
       {"PEER", peer.name},
       {"REMOTE", peer.principal}});
  if (ended.mapped().speaks_socks)
    CloseWithReply(session.Detach(), SocksReplyMessage(SocksReplyFor(code)));
}

void TargetStarts::SayConnected(SessionId id, int fd) {
  unsent_[id] = ConnectedMessage(fd);
  (void)Flush(id);
}

bool TargetStarts::Flush(SessionId id) {
  if (unsent_.empty()) return true;
  const auto at = unsent_.find(id);
  if (at == unsent_.end()) return true;
  const std::size_t sent = port_.SendBytes(id, at->second);
  at->second.erase(at->second.begin(), at->second.begin() + static_cast<std::ptrdiff_t>(sent));
  if (!at->second.empty()) return false;
  unsent_.erase(at);
  return true;
}

void TargetStarts::Forget(SessionId id) {
  expected_.erase(id);
  unsent_.erase(id);
}

}  // namespace funnel::tcpd
