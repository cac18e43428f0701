// Objects by their key; the registry owns them. A loop over all of them must call All(), which
// counts: the cost of a frame or a wake-up must not depend on how many others there are, and tests
// check that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace funnel::sctpd {

template <typename Key, typename Object>
class Registry {
 public:
  using Map = std::map<Key, std::unique_ptr<Object>>;

  // If KEY has an object already, that one stays.
  Object& Add(const Key& key, std::unique_ptr<Object> object) {
    return *map_.emplace(key, std::move(object)).first->second;
  }
  // nullptr: there is none.
  [[nodiscard]] Object* Find(const Key& key) const {
    auto found = map_.find(key);
    return found == map_.end() ? nullptr : found->second.get();
  }
  void Remove(const Key& key) { map_.erase(key); }
  void Clear() { map_.clear(); }
  [[nodiscard]] std::size_t size() const { return map_.size(); }

  // In the order of their keys. Objects may be added meanwhile.
  [[nodiscard]] const Map& All() const {
    walked_ += map_.size();
    return map_;
  }
  // How many objects All() has shown since the start.
  [[nodiscard]] std::uint64_t walked() const { return walked_; }

 private:
  Map map_;
  mutable std::uint64_t walked_ = 0;
};

}  // namespace funnel::sctpd
