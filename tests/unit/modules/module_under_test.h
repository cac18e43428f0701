// The module with which a test program is linked, and its verdicts on bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/module/order_ledger.h"
#include "modules/module.h"
#include "tests/unit/module/linear_extensions.h"

namespace funnel::module {

// One connection of the module, with its options at their defaults.
class ModuleUnderTest {
 public:
  explicit ModuleUnderTest(std::vector<funnel_option> options = {},
                           funnel_end end = FUNNEL_CLIENT) {
    char error[256] = "";
    wrong_ = options.size();
    config_ =
        ::funnel_module.configure(options.data(), options.size(), &wrong_, error, sizeof error);
    error_ = error;
    if (config_ != nullptr) connection_ = ::funnel_module.open(config_, end);
  }
  ~ModuleUnderTest() {
    if (connection_ != nullptr) ::funnel_module.close(connection_);
    if (config_ != nullptr) ::funnel_module.release(config_);
  }
  ModuleUnderTest(const ModuleUnderTest&) = delete;
  ModuleUnderTest& operator=(const ModuleUnderTest&) = delete;

  [[nodiscard]] funnel_verdict Read(funnel_end sender, ByteView bytes) {
    funnel_verdict verdict{};
    ::funnel_module.read(connection_, sender, bytes.data(), bytes.size(), &verdict);
    return verdict;
  }
  [[nodiscard]] const std::string& error() const { return error_; }
  // The index of the option that the error is about.
  [[nodiscard]] std::size_t wrong() const { return wrong_; }
  [[nodiscard]] bool configured() const { return config_ != nullptr; }

 private:
  void* config_ = nullptr;
  void* connection_ = nullptr;
  std::size_t wrong_ = 0;
  std::string error_;
};

inline Dependencies DependenciesOf(const funnel_verdict& verdict) {
  return {static_cast<funnel_order>(verdict.order), {verdict.keys, verdict.key_count}};
}

// A direction of a conversation as it is sent, by the module's verdict on each message.
class SentMessages {
 public:
  void Add(const funnel_verdict& verdict) {
    const Dependencies dependencies = DependenciesOf(verdict);
    const OrderLedger::Decision decision = ledger_.Decide(dependencies);
    const std::uint64_t number = placed_.size();
    ledger_.Record(dependencies, decision, number, number);
    placed_.push_back({decision, number, number});
  }
  [[nodiscard]] const std::vector<Placed>& placed() const { return placed_; }

 private:
  OrderLedger ledger_;
  std::vector<Placed> placed_;
};

// Whether RULE(earlier, later) needs an order that some sampled extension of SENT breaks. Both are
// indices of messages, in the order in which they were sent.
template <typename Rule>
[[nodiscard]] bool IsBroken(const SentMessages& sent, std::uint32_t seed, int samples,
                            Rule&& rule) {
  LinearExtensions extensions(sent.placed(), seed);
  for (int i = 0; i < samples; ++i) {
    const std::vector<std::size_t> order = extensions.Sample();
    for (std::size_t at = 0; at < order.size(); ++at)
      for (std::size_t behind = at + 1; behind < order.size(); ++behind)
        if (order[behind] < order[at] && rule(order[behind], order[at])) return true;
  }
  return false;
}

}  // namespace funnel::module
