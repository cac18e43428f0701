// What a SOCKS client sends, read as its owner reads it: never beyond what was asked for. A target
// that is taken goes over the wire and back, and is a host for the far end, too.
#include "common/config/address.h"
#include "common/wire/frame/session_info.h"
#include "funnel-tcpd/socks/socks_message.h"
#include "tests/fuzz/entry.h"

using namespace funnel;
using namespace funnel::tcpd;

namespace {

// The longest messages: 255 methods, and a name of 255 bytes.
constexpr std::size_t kLongest = 4 + 1 + 255 + 2;

// Reads a message from the beginning of STREAM, and takes it away. nullopt: it is none, or cut off.
template <typename Message>
std::optional<Message> Take(ByteView& stream, Result<Message> (*read)(ByteView)) {
  std::size_t taken = 0;
  auto message = read({});
  while (message && message->more > 0 && message->more <= stream.size() - taken) {
    taken += message->more;
    FUZZ_REQUIRE(taken <= kLongest);
    message = read(stream.first(taken));
  }
  if (!message || message->more > 0) return std::nullopt;
  stream = stream.subspan(taken);
  return *message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView stream(data, size);
  const auto greeting = Take(stream, ReadSocksGreeting);
  if (!greeting || !greeting->fits) return 0;
  const auto request = Take(stream, ReadSocksRequest);
  if (!request || request->reply != SocksReply::kSucceeded) return 0;

  const wire::Target& target = request->target;
  FUZZ_REQUIRE(target.port != 0 && !target.host.empty());
  const config::Endpoint endpoint{.host = target.host, .port = target.port, .unix_path = {}};
  FUZZ_REQUIRE(endpoint.is_literal() || config::IsHostName(target.host));

  wire::SessionInfo info;
  info.target = target;
  const auto back = wire::ParseSessionInfo(wire::SerializeSessionInfo(info));
  FUZZ_REQUIRE(back && back->target == target);
  return 0;
}
