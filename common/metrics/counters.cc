#include "common/metrics/counters.h"

#include <cassert>
#include <ctime>

#include "common/base/log.h"
#include "common/metrics/storage.h"

namespace funnel::metrics {
namespace {

void StoreHeader(std::uint64_t& field, std::uint64_t value) {
  std::atomic_ref<std::uint64_t>(field).store(value, std::memory_order_relaxed);
}

}  // namespace

CounterFile::CounterFile(std::unique_ptr<Storage> storage, std::size_t size)
    : storage_(std::move(storage)), entries_(storage_->entries()), size_(size) {}

CounterFile::CounterFile(CounterFile&&) noexcept = default;

CounterFile& CounterFile::operator=(CounterFile&& other) noexcept {
  // By way of swapping, so that readers of the old file see its end.
  std::swap(storage_, other.storage_);
  std::swap(entries_, other.entries_);
  std::swap(size_, other.size_);
  std::swap(error_, other.error_);
  return *this;
}

CounterFile::~CounterFile() {
  if (!storage_) return;
  Beat();
  StoreHeader(storage_->header().pid, 0);
}

CounterFile CounterFile::Create(const std::string& path, std::string_view daemon,
                                std::span<const CounterDef> table) {
  assert(!table.empty() && table.size() <= kMaxEntries);
  std::vector<std::byte> image = FreshImage(daemon, table);
  auto mapped = MapFile(path, image);
  if (mapped) return CounterFile(*std::move(mapped), table.size());
  Log(LogLevel::kWarning, "counters-private",
      "counters are not visible to others: " + mapped.error().message);
  CounterFile out(MakePrivateStorage(image), table.size());
  out.error_ = mapped.error().message;
  return out;
}

CounterFile CounterFile::InMemory(std::span<const CounterDef> table) {
  return CounterFile(MakePrivateStorage(FreshImage("memory", table)), table.size());
}

void CounterFile::Beat() {
  StoreHeader(storage_->header().beat, static_cast<std::uint64_t>(time(nullptr)));
}

}  // namespace funnel::metrics
