// The module that this is linked with, at both ends of a connection. Of each chunk: a byte that
// says who sends it (1: the server) and whether the time for unfinished messages is over (2), a
// byte of length, bytes.
//
// Whatever the module says, every byte is sent once and in its place, and units are whole; and the
// far end's module says the same of what it is shown.
#include <algorithm>

#include "common/module/conversation.h"
#include "tests/fuzz/entry.h"

using namespace funnel;
using namespace funnel::module;

namespace {

class End {
 public:
  End(void* config, funnel_end end) : conversation_(::funnel_module, config, end) {}

  // What goes out of BYTES, appended to SENT.
  void Send(ByteView bytes, Bytes& sent) {
    conversation_.Append(bytes);
    Drain(sent);
  }
  void Release(Bytes& sent) {
    conversation_.Release();
    Drain(sent);
  }
  void Finish(Bytes& sent) {
    conversation_.EndInput();
    Drain(sent);
    FUZZ_REQUIRE(!open_ && conversation_.unsent() == 0);
  }
  void Deliver(ByteView bytes) {
    if (!bytes.empty()) conversation_.OnDelivered(bytes);
  }

 private:
  void Drain(Bytes& sent) {
    for (;;) {
      const Framer::Piece piece = conversation_.Next();
      if (piece.empty) return;
      sent.insert(sent.end(), piece.bytes.begin(), piece.bytes.end());

      if (piece.stream) {
        FUZZ_REQUIRE(!open_);
        streams_ = true;
        conversation_.SentBytes(piece.bytes.size());
        continue;
      }

      FUZZ_REQUIRE(!streams_);
      FUZZ_REQUIRE(open_ == (piece.order == wire::Order::kOrdered));
      if (piece.order == wire::Order::kFollows) FUZZ_REQUIRE(piece.after < next_);
      open_ = piece.more;
      conversation_.SentMessage(next_++);
    }
  }

  Conversation conversation_;
  std::uint64_t next_ = 0;
  bool open_ = false, streams_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  char error[256];
  std::size_t wrong = 0;
  void* config = ::funnel_module.configure(nullptr, 0, &wrong, error, sizeof error);
  FUZZ_REQUIRE(config != nullptr);
  {
    End ends[] = {{config, FUNNEL_CLIENT}, {config, FUNNEL_SERVER}};
    Bytes given[2], sent[2];
    ByteReader input(ByteView(data, size));

    while (const auto head = input.Take(2)) {
      const std::size_t sender = (*head)[0] & 1;
      const ByteView chunk = *input.Take(std::min<std::size_t>((*head)[1], input.remaining()));
      given[sender].insert(given[sender].end(), chunk.begin(), chunk.end());

      const std::size_t before = sent[sender].size();
      ends[sender].Send(chunk, sent[sender]);
      if (((*head)[0] & 2) != 0) ends[sender].Release(sent[sender]);
      ends[1 - sender].Deliver(ByteView(sent[sender]).subspan(before));
    }

    for (const std::size_t sender : {0, 1}) {
      ends[sender].Finish(sent[sender]);
      FUZZ_REQUIRE(sent[sender] == given[sender]);
    }
  }
  ::funnel_module.release(config);
  return 0;
}
