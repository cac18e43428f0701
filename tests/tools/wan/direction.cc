#include "tests/tools/wan/direction.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>

namespace funnel::wan {
namespace {

constexpr double kNsPerMs = 1e6;
constexpr double kNsPerByteAtOneMbit = 8e3;
constexpr double kPercent = 100;
constexpr double kDefaultHoldMs = 5;

// splitmix64's finisher as a generator that counts: uniform in [0, 1).
double Uniform(std::uint64_t key, std::uint64_t n) {
  std::uint64_t z = key + n * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

double Ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

Direction::Direction(std::string name, std::uint64_t seed) : name_(std::move(name)) {
  constexpr std::uint64_t kFnvPrime = 1099511628211u;
  for (char c : name_) seed = seed * kFnvPrime + static_cast<std::uint64_t>(c);
  for (std::uint64_t feature = 0; feature < kFeatures; ++feature)
    keys_[feature] =
        static_cast<std::uint64_t>(Uniform(seed, feature + 1) * 0x1p53) << 11 | feature;
}

bool Direction::Set(std::string_view key, const std::vector<double>& values) {
  auto at = [&](std::size_t index, double otherwise) {
    return index < values.size() ? values[index] : otherwise;
  };

  if (key == "delay") {
    delay_ = values[0] * kNsPerMs;
  } else if (key == "jitter") {
    jitter_ = values[0] * kNsPerMs;
  } else if (key == "rate") {
    ns_per_byte_ = values[0] > 0 ? kNsPerByteAtOneMbit / values[0] : 0;
  } else if (key == "queue") {
    queue_bytes_ = values[0];
  } else if (key == "loss") {
    loss_ = values[0] / kPercent;
  } else if (key == "dup") {
    duplicate_ = values[0] / kPercent;
  } else if (key == "reorder") {
    reorder_ = values[0] / kPercent;
    hold_ = at(1, kDefaultHoldMs) * kNsPerMs;
  } else if (key == "ge") {
    to_bad_ = values[0] / kPercent;
    to_good_ = at(1, kPercent) / kPercent;
    loss_bad_ = at(2, kPercent) / kPercent;
    loss_good_ = at(3, 0) / kPercent;
  } else {
    return false;
  }

  return true;
}

double Direction::Draw(Feature feature) const { return Uniform(keys_[feature], count_.in); }

bool Direction::Chance(Feature feature, double probability) const {
  return probability > 0 && Draw(feature) < probability;
}

double Direction::Transmit(std::size_t size, double now) {
  if (ns_per_byte_ <= 0) return now;
  const double wait = std::max(0.0, busy_until_ - now);
  const double queued = wait / ns_per_byte_;
  count_.max_queue_bytes = std::max(count_.max_queue_bytes, queued);
  if (queued + static_cast<double>(size) > queue_bytes_) return -1;
  busy_until_ = now + wait + static_cast<double>(size) * ns_per_byte_;
  return busy_until_;
}

bool Direction::IsLost() {
  if (to_bad_ > 0 && Chance(kState, bad_ ? to_good_ : to_bad_)) bad_ = !bad_;
  return Chance(kLoss, loss_) || (to_bad_ > 0 && Chance(kBurstLoss, bad_ ? loss_bad_ : loss_good_));
}

void Direction::Enqueue(PacketPtr packet, double due) {
  waiting_.push({static_cast<Nanoseconds>(due), ++order_, packet.release()});
}

void Direction::Receive(PacketPtr packet, Nanoseconds now, PacketPool& pool) {
  ++count_.in;
  count_.in_bytes += packet->size;
  const double sent = Transmit(packet->size, static_cast<double>(now));
  if (sent < 0) {
    ++count_.overflow;
    return pool.Give(std::move(packet));
  }

  if (IsLost()) {
    ++count_.lost;
    return pool.Give(std::move(packet));
  }

  double due = sent + delay_;
  if (jitter_ > 0) due += (2 * Draw(kJitter) - 1) * jitter_;
  if (Chance(kReorder, reorder_)) {
    ++count_.reordered;
    due += hold_;
  } else {
    // Jitter alone keeps the order.
    due = last_due_ = std::max({due, last_due_, sent});
  }

  if (Chance(kDuplicate, duplicate_)) {
    ++count_.duplicated;
    PacketPtr copy = pool.Take();
    copy->size = packet->size;
    std::copy_n(packet->data.begin(), packet->size, copy->data.begin());
    Enqueue(std::move(copy), due);
  }

  Enqueue(std::move(packet), due);
}

void Direction::Release(int fd, Nanoseconds now, PacketPool& pool) {
  while (!waiting_.empty() && waiting_.top().due <= now) {
    const Nanoseconds late = now - waiting_.top().due;
    count_.late_sum += late;
    count_.late_max = std::max(count_.late_max, late);
    PacketPtr packet(waiting_.top().packet);
    waiting_.pop();
    if (write(fd, packet->data.data(), packet->size) < 0) {
      ++count_.errors;
    } else {
      ++count_.out;
      count_.out_bytes += packet->size;
    }
    pool.Give(std::move(packet));
  }
}

Nanoseconds Direction::NextDue() const {
  return waiting_.empty() ? std::numeric_limits<Nanoseconds>::max() : waiting_.top().due;
}

void Direction::Print() const {
  constexpr double kNsPerUs = 1e3;
  std::fprintf(
      stderr,
      "%s in=%lu/%luB lost=%lu(%.3f%%) overflow=%lu dup=%lu reordered=%lu out=%lu/%luB "
      "errors=%lu waiting=%zu max_queue=%.0fB late_us=%.1f/%.1f(mean/max)\n",
      name_.c_str(), count_.in, count_.in_bytes, count_.lost,
      kPercent * Ratio(static_cast<double>(count_.lost), static_cast<double>(count_.in)),
      count_.overflow, count_.duplicated, count_.reordered, count_.out, count_.out_bytes,
      count_.errors, waiting_.size(), count_.max_queue_bytes,
      Ratio(static_cast<double>(count_.late_sum), static_cast<double>(count_.out)) / kNsPerUs,
      static_cast<double>(count_.late_max) / kNsPerUs);
}

}  // namespace funnel::wan
