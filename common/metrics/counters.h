// Counters in a small shared file, $RUN/counters/DAEMON, that funnelctl reads without waking the
// daemon, and after it has died. The daemon declares a table and an enum that indexes it:
//
//   enum Counter : std::size_t { kFramesSent, kFlows };
//   constexpr metrics::CounterDef kCounters[] = {
//       {"frames_sent", "Frames sent."}, {"flows", "Flows now.", metrics::Kind::kGauge}};
//   auto counters = metrics::CounterFile::Create(path, "funnel-udpd@dns", kCounters);
//   counters[kFramesSent] += 1;
//   counters[kFlows] = 12;
//
// An add is one relaxed atomic instruction; there is no lock that a killed daemon could leave
// behind. A daemon that starts again goes on with the file it left: counters keep their values,
// gauges start at 0.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/metrics/layout.h"

namespace funnel::metrics {

struct CounterDef {
  std::string_view name;  // [a-z0-9_]{1,47}
  std::string_view help;  // one sentence: what funnelctl metrics and funnel-metrics(7) say of it
  Kind kind = Kind::kCounter;
};

// One value of the file. A reference into it: valid as long as its CounterFile.
class Counter {
 public:
  explicit Counter(std::uint64_t& cell) : cell_(cell) {}
  void operator+=(std::uint64_t count) { cell_.fetch_add(count, std::memory_order_relaxed); }
  void operator-=(std::uint64_t count) { cell_.fetch_sub(count, std::memory_order_relaxed); }
  void operator++() { *this += 1; }
  void operator--() { *this -= 1; }
  void operator=(std::uint64_t value) { cell_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return cell_.load(std::memory_order_relaxed); }

 private:
  std::atomic_ref<std::uint64_t> cell_;
};

class Storage;

// Owns the mapping; any thread may add. The file stays when the object goes, and says then that the
// daemon has ended in good order.
class CounterFile {
 public:
  // Always yields a working object: where the file cannot be made safely (not a regular file of our
  // own uid with one link and no write access for others, held by another process, a symlink, a
  // full disk), the values live in anonymous memory and error() says why; Create logs it once.
  // TABLE has 1 to kMaxEntries rows with distinct legal names.
  [[nodiscard]] static CounterFile Create(const std::string& path, std::string_view daemon,
                                          std::span<const CounterDef> table);
  // Values in memory only: for unit tests.
  [[nodiscard]] static CounterFile InMemory(std::span<const CounterDef> table);

  CounterFile(CounterFile&&) noexcept;
  CounterFile& operator=(CounterFile&&) noexcept;
  ~CounterFile();

  // INDEX is below the table's size.
  [[nodiscard]] Counter operator[](std::size_t index) { return Counter(entries_[index].value); }
  [[nodiscard]] std::size_t size() const { return size_; }
  // A sign of life, for whoever reads the file after the daemon died; a call every few seconds will
  // do.
  void Beat();
  static constexpr std::chrono::seconds kBeatInterval{10};
  // Why there is no file; empty when there is one.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  CounterFile(std::unique_ptr<Storage> storage, std::size_t size);

  std::unique_ptr<Storage> storage_;
  Entry* entries_ = nullptr;  // into storage_
  std::size_t size_ = 0;
  std::string error_;
};

}  // namespace funnel::metrics
