#include "bench/load/exchange.h"

#include <cstring>

#include "common/base/bytes.h"

namespace funnel::bench {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::string_view kQuestion("\3www\7example\4test\0\0\1\0\1", 22);
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint8_t kIsAnswer = 0x80, kErrorMask = 0x0f;

std::string DnsQuery(std::uint16_t id) {
  ByteWriter query;
  query.U16(id).U16(kRecursionDesired).U16(/*questions=*/1).U16(0).U16(0).U16(0).Append(kQuestion);
  return std::string(AsText(query.bytes()));
}

std::optional<std::uint64_t> DnsNumber(std::string_view answer) {
  if (answer.size() < kHeaderBytes) return std::nullopt;
  const std::uint8_t* bytes = AsBytes(answer).data();
  const bool good = (bytes[2] & kIsAnswer) != 0 && (bytes[3] & kErrorMask) == 0 &&
                    LoadBigEndian<2>(bytes + 6) > 0;
  if (!good) return std::nullopt;
  return LoadBigEndian<2>(bytes);
}

}  // namespace

std::string MakeRequest(Exchange exchange, std::uint64_t number, std::size_t size) {
  if (exchange == Exchange::kDns) return DnsQuery(static_cast<std::uint16_t>(number));
  std::string request(size, 'x');
  std::memcpy(request.data(), &number, sizeof number);
  return request;
}

std::optional<std::uint64_t> NumberOf(Exchange exchange, std::string_view answer,
                                      std::size_t size) {
  if (exchange == Exchange::kDns) return DnsNumber(answer);
  std::uint64_t number = 0;
  if (answer.size() != size) return std::nullopt;
  std::memcpy(&number, answer.data(), sizeof number);
  return number;
}

}  // namespace funnel::bench
