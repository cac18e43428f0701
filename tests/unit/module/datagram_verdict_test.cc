#include "common/module/datagram_verdict.h"

#include <gtest/gtest.h>

namespace funnel::module {
namespace {

using std::chrono::milliseconds;

// A module whose verdict is the test's.
funnel_datagram said;

constexpr struct funnel_module kToy = {
    .abi = FUNNEL_MODULE_ABI,
    .size = sizeof(struct funnel_module),
    .verdict_size = sizeof(funnel_verdict),
    .datagram_size = sizeof(funnel_datagram),
    .name = "toy",
    .summary = "an invented protocol",
    .options = nullptr,
    .head_max = 0,
    .reserved = 0,
    .configure = [](const funnel_option*, size_t, size_t*, char*, size_t) -> void* {
      return &said;
    },
    .release = [](void*) {},
    .open = nullptr,
    .close = nullptr,
    .read = nullptr,
    .datagram = [](void* config, funnel_end, const std::uint8_t*, std::size_t,
                   funnel_datagram* verdict) { *verdict = *static_cast<funnel_datagram*>(config); },
};

DatagramVerdict Of(const funnel_datagram& verdict, milliseconds configured = milliseconds(5000)) {
  const auto module = *ServiceModule::Configure(kToy, {});
  said = verdict;
  return ReadDatagram(*module, FUNNEL_CLIENT, AsBytes("x"), configured);
}
milliseconds Lifetime(funnel_delivery delivery, std::uint32_t own, int configured) {
  return Of({.delivery = delivery, .lifetime_ms = own}, milliseconds(configured)).terms.lifetime;
}

TEST(DatagramVerdict, WithoutAWordNothingIsRecognised) {
  const DatagramVerdict verdict = Of({});
  EXPECT_FALSE(verdict.recognised);
  EXPECT_EQ(verdict.terms, wire::DatagramTerms{.lifetime = milliseconds(5000)});
  EXPECT_FALSE(verdict.meaning);
  EXPECT_TRUE(Of({.label = "toy"}).recognised);
  EXPECT_TRUE(Of({.urgent = 1}).recognised);
}

TEST(DatagramVerdict, TakesTheShorterLifetime) {
  EXPECT_EQ(Lifetime(FUNNEL_EXPIRES, 1000, 5000), milliseconds(1000));
  EXPECT_EQ(Lifetime(FUNNEL_EXPIRES, 9000, 5000), milliseconds(5000));
  EXPECT_EQ(Lifetime(FUNNEL_EXPIRES, 9000, 0), milliseconds(9000));
  EXPECT_EQ(Lifetime(FUNNEL_EXPIRES, 0, 5000), milliseconds(5000));
}

TEST(DatagramVerdict, ReliableIsForEverOrAsLongAsItIsOfUse) {
  EXPECT_EQ(Lifetime(FUNNEL_RELIABLE, 0, 5000), milliseconds(0));
  EXPECT_EQ(Lifetime(FUNNEL_RELIABLE, 150'000, 5000), milliseconds(150'000));
}

TEST(DatagramVerdict, AnAnswerThatNoModuleMayGiveIsNone) {
  EXPECT_EQ(Lifetime(static_cast<funnel_delivery>(77), 1, 5000), milliseconds(5000));
  EXPECT_FALSE(Of({.resend_key_size = FUNNEL_RESEND_KEY_MAX + 1}).meaning);
}

TEST(DatagramVerdict, KeysThatDifferMeanSomethingElse) {
  const auto one = Of({.resend_key_size = 2, .resend_key = {1, 2}}).meaning;
  EXPECT_TRUE(one);
  EXPECT_EQ(Of({.resend_key_size = 2, .resend_key = {1, 2, 3}}).meaning, one);
  EXPECT_NE(Of({.resend_key_size = 3, .resend_key = {1, 2, 3}}).meaning, one);
}

TEST(DatagramVerdict, PassesTheLabelOn) {
  const DatagramVerdict verdict = Of({.urgent = 1, .label = "toy", .number = 3, .numbered = 1});
  EXPECT_TRUE(verdict.terms.urgent);
  EXPECT_EQ(std::string_view(verdict.label), "toy");
  EXPECT_EQ(verdict.number, 3u);
}

}  // namespace
}  // namespace funnel::module
