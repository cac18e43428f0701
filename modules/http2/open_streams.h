// How many streams the server may count as open when a client's next HEADERS opens another and
// overtakes frames that end earlier ones (RFC 9113, section 5.1.2). This is the client's view:
// which streams are open, and how many frames that end one may still be on their way.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "modules/module.h"

namespace http2 {

class OpenStreams {
 public:
  // The client opens a stream. True: that must follow all that it has sent, because otherwise the
  // server could count one too many.
  [[nodiscard]] bool Open(std::uint32_t stream, bool ends) {
    const bool one_too_many =
        crowded_ || size_ + std::size_t{1} + ends_on_their_way_ > std::size_t{limit_};
    if (one_too_many) OnOrdered();
    if (size_ == streams_.size())
      crowded_ = true;
    else
      streams_[size_++] = {stream, ends, false};
    return one_too_many;
  }
  // SENDER ends its half of an open stream.
  void End(std::uint32_t stream, funnel_end sender) {
    if (sender == FUNNEL_CLIENT) ++ends_on_their_way_;
    Entry* found = Find(stream);
    if (found == nullptr) return;
    (sender == FUNNEL_CLIENT ? found->client_ended : found->server_ended) = true;
    if (found->client_ended && found->server_ended) Remove(*found);
  }
  // SENDER ends the whole stream.
  void Reset(std::uint32_t stream, funnel_end sender) {
    if (sender == FUNNEL_CLIENT) ++ends_on_their_way_;
    if (Entry* found = Find(stream)) Remove(*found);
  }
  // The client's next frame follows all that it has sent.
  void OnOrdered() { ends_on_their_way_ = 0; }

  void set_limit(std::uint32_t limit) { limit_ = limit; }

 private:
  struct Entry {
    std::uint32_t stream;
    bool client_ended, server_ended;
  };

  [[nodiscard]] Entry* Find(std::uint32_t stream) {
    const auto end = streams_.begin() + static_cast<std::ptrdiff_t>(size_);
    const auto found = std::find_if(streams_.begin(), end,
                                    [stream](const Entry& open) { return open.stream == stream; });
    return found == end ? nullptr : &*found;
  }
  void Remove(Entry& open) { open = streams_[--size_]; }

  std::array<Entry, 256> streams_{};
  std::size_t size_ = 0;
  std::size_t ends_on_their_way_ = 0;
  // There were more streams than the table can hold.
  bool crowded_ = false;
  // Used until the server has sent one (section 6.5.2 recommends no less than this).
  std::uint32_t limit_ = 100;
};

}  // namespace http2
