// Messages between Funnel's processes (common/ipc): what parses comes out again byte for byte. The
// first byte chooses: a control message, a unit of a channel socket, or the socket's stream itself.
#include <sys/socket.h>

#include <algorithm>

#include "common/ipc/authd_messages.h"
#include "common/ipc/command_messages.h"
#include "common/ipc/frame_pipe.h"
#include "common/ipc/run_messages.h"
#include "common/ipc/sctpd_messages.h"
#include "tests/fuzz/entry.h"

namespace funnel::ipc {
namespace {

template <typename Message>
void CheckMessage(ByteView packet) {
  auto message = Parse<Message>(packet);
  if (message) FUZZ_REQUIRE(EqualConstantTime(Serialize(*message).view(), packet));
}

template <typename... Messages>
void CheckAll(ByteView packet) {
  (CheckMessage<Messages>(packet), ...);
}

template <typename Unit>
void CheckUnit(ByteView body) {
  auto unit = Unit::Parse(body);
  if (!unit) return;
  Bytes again = unit->Serialize();
  FUZZ_REQUIRE(std::equal(again.begin(), again.end(), body.begin(), body.end()));
}

// Pieces of the size that the first byte says, as a stream may deliver them.
void CheckStream(ByteView stream) {
  if (stream.empty()) return;
  auto pair = ChannelSocketPair::Create();
  if (!pair) return;

  std::size_t piece = std::size_t{stream[0]} + 1;
  stream = stream.subspan(1);

  static ReadBuffer buffer;
  FrameReader reader;
  std::size_t frames = 0;
  while (!stream.empty()) {
    ByteView now = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(now.size());
    if (::send(pair->theirs.get(), now.data(), now.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return;

    auto status = reader.Drain(pair->ours.get(), buffer, [&](MutableByteView frame) {
      FUZZ_REQUIRE(frame.size() >= wire::kFrameHeaderSize && frame.size() <= wire::kMaxFrameSize);
      return ++frames % 3 != 0;
    });
    if (!status) return;
  }
}

void FuzzOne(ByteView input) {
  if (input.empty()) return;
  ByteView rest = input.subspan(1);
  switch (input[0] % 3) {
    case 0:
      return CheckAll<Initiate, Complete, CompleteRefused, Redeem, AcceptRekey, Release, Announce,
                      Opening, Context, Failed, Announced, Revoked, Accept, DropClaim, PeerStart,
                      PeerFrame, PeerGone, Accepted, AcceptRefused, PeerVerified, PeerFailed,
                      Attach, Attached, Rejected, Adopt, Command, CommandReply, CommandWithSocket,
                      RunAnswer, Exec>(rest);
    case 1:
      CheckUnit<LinkUp>(rest);
      CheckUnit<LinkEnd>(rest);
      return CheckUnit<Note>(rest);
    default:
      return CheckStream(rest);
  }
}

}  // namespace
}  // namespace funnel::ipc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  funnel::ipc::FuzzOne({data, size});
  return 0;
}
