// Objects by their key, which owns them. Whoever looks at all of them has to ask for All(), which
// counts: what a frame or a wake-up costs must not depend on how many others there are, and tests
// hold the tables to that.
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

  // Keeps what is there under KEY already.
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

  // In the order of their keys. It may be added to meanwhile.
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
