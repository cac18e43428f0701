#include "common/wire/frame/feeds.h"

#include "common/wire/frame/tlv.h"

namespace funnel::wire {
namespace {

Result<std::string> ReadName(ByteReader& in) {
  const auto length = in.U8();
  const auto raw = length ? in.Take(*length) : std::nullopt;
  if (!raw || !IsWireName(AsText(*raw))) return Fail("a service that feeds this one has no name");
  return std::string(AsText(*raw));
}

}  // namespace

Result<std::vector<Feed>> ParseFeeds(ByteView value) {
  std::vector<Feed> feeds;
  for (ByteReader in(value); !in.AtEnd();) {
    if (feeds.size() == kMaxFeeds) return Fail("too many services feed this one");
    Feed feed;
    feed.node = TRY(ReadName(in));
    feed.service = TRY(ReadName(in));
    feeds.push_back(std::move(feed));
  }
  if (feeds.empty() || value.size() > kMaxFeedsSize)
    return Fail("the list of services that feed this one has a wrong size");
  return feeds;
}

Bytes SerializeFeeds(const std::vector<Feed>& feeds) {
  ByteWriter out;
  std::size_t size = 0, count = 0;
  for (const Feed& feed : feeds) {
    size += 2 + feed.node.size() + feed.service.size();
    if (size > kMaxFeedsSize || ++count > kMaxFeeds) break;
    out.U8(static_cast<std::uint8_t>(feed.node.size())).Append(feed.node);
    out.U8(static_cast<std::uint8_t>(feed.service.size())).Append(feed.service);
  }
  return out.Release();
}

}  // namespace funnel::wire
