// The PROXY header of a load balancer, read as its owner reads it: never beyond what was asked for,
// and what it says can be written and read again.
#include "common/service/client/proxy_header.h"
#include "funnel-tcpd/accept/proxy_reader.h"
#include "tests/fuzz/entry.h"

using namespace funnel;
using namespace funnel::tcpd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView stream(data, size);
  std::size_t taken = 0;
  auto progress = ReadProxyHeader({});
  while (progress && progress->more > 0 && progress->more <= size - taken) {
    taken += progress->more;
    FUZZ_REQUIRE(taken <= kMaxProxyHeader);
    progress = ReadProxyHeader(stream.first(taken));
  }
  if (!progress || progress->more > 0 || !progress->addresses) return 0;

  // The writer has mapped addresses as IPv4, which is all that may differ.
  const auto& [client, local] = *progress->addresses;
  for (const Bytes& header :
       {service::ProxyHeaderV1(client, local), service::ProxyHeaderV2(client, local, nullptr)}) {
    const auto again = ReadProxyHeader(header);
    FUZZ_REQUIRE(again && again->more == 0 && again->addresses);
    FUZZ_REQUIRE(again->addresses->client.Unmapped() == client.Unmapped());
    FUZZ_REQUIRE(again->addresses->local.Unmapped() == local.Unmapped());
  }
  return 0;
}
