#include "common/net/address_order.h"

#include <algorithm>

namespace funnel::net {
namespace {

void AppendOnce(std::vector<SocketAddress>& out, const SocketAddress& address) {
  if (std::ranges::find(out, address) == out.end()) out.push_back(address);
}

}  // namespace

bool AddressOrder::HasFailed(const SocketAddress& address) const {
  return std::ranges::find(failed_, address) != failed_.end();
}

std::vector<SocketAddress> AddressOrder::Arrange(std::span<const SocketAddress> found) const {
  std::vector<SocketAddress> out;
  if (found.empty()) return out;
  if (worked_ && std::ranges::find(found, *worked_) != found.end()) out.push_back(*worked_);
  std::vector<SocketAddress> first, second;
  for (const SocketAddress& address : found) {
    if (HasFailed(address)) continue;
    AppendOnce(address.family() == found.front().family() ? first : second, address);
  }

  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) AppendOnce(out, first[i]);
    if (i < second.size()) AppendOnce(out, second[i]);
  }

  for (const SocketAddress& address : failed_)
    if (std::ranges::find(found, address) != found.end()) AppendOnce(out, address);
  return out;
}

void AddressOrder::OnWorked(const SocketAddress& address) {
  worked_ = address;
  std::erase(failed_, address);
}

void AddressOrder::OnFailed(const SocketAddress& address) {
  if (worked_ == address) worked_.reset();
  std::erase(failed_, address);
  failed_.push_back(address);
  if (failed_.size() > kRemembered) failed_.erase(failed_.begin());
}

}  // namespace funnel::net
