// Messages of one association that the kernel hands out in parts: a part each call, parts of
// several streams' messages between one another (RFC 6458 section 8.1.20).
#pragma once

#include <map>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/ids.h"

namespace funnel::sctp {

class PartialMessages {
 public:
  using Key = std::pair<StreamId, bool>;  // ordered and unordered messages are apart

  [[nodiscard]] bool Has(const Key& key) const { return parts_.contains(key); }
  void Append(const Key& key, ByteView part) {
    Bytes& bytes = parts_[key];
    bytes.insert(bytes.end(), part.begin(), part.end());
    bytes_ += part.size();
  }
  // What has come of KEY's message, which is then forgotten.
  [[nodiscard]] Bytes Take(const Key& key) {
    auto found = parts_.find(key);
    if (found == parts_.end()) return {};
    Bytes out = std::move(found->second);
    parts_.erase(found);
    bytes_ -= out.size();
    return out;
  }
  void Clear() {
    parts_.clear();
    bytes_ = 0;
  }
  [[nodiscard]] std::size_t size_of(const Key& key) const {
    auto found = parts_.find(key);
    return found == parts_.end() ? 0 : found->second.size();
  }
  // What all messages take; the caller keeps it within a limit.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::map<Key, Bytes> parts_;
  std::size_t bytes_ = 0;
};

}  // namespace funnel::sctp
