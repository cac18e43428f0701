// libusrsctp is global to a process: one initialisation, one clock, one output function. This is
// where several engines share it (in production there is one). One thread.
#pragma once

#include <cstdint>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"

namespace funnel::sctp {

// How libusrsctp knows a peer. In AF_CONN mode an address is a mere number, and each must be
// registered for good (taking one back wakes a thread of libusrsctp's). So all peers of an engine
// share one address, and differ in their port, which the engine makes up and translates in each
// packet. Never 0.
using PeerPort = StrongId<struct PeerPortTag, std::uint16_t>;

namespace stack {

// Receives what libusrsctp wants sent.
class Output {
 public:
  virtual ~Output() = default;
  // One SCTP packet, without checksum; may be called from inside any libusrsctp call. Must not call
  // libusrsctp.
  virtual void OnStackOutput(ByteView packet) = 0;
};

// Starts libusrsctp on first use; it then stays for the process's life. Returns the address that
// OUTPUT's peers have from now on.
[[nodiscard]] void* Attach(Output* output);
// OUTPUT is not called any more, and ADDRESS may serve another.
void Detach(void* address);

// Two endpoints of libusrsctp cannot share a port, but two engines of one process may want the same
// on the wire: the first gets it, others a free one, which they translate in each packet.
[[nodiscard]] std::uint16_t ReservePort(std::uint16_t wanted);
void ReleasePort(std::uint16_t port);

// Lets libusrsctp's clock catch up with NOW and run what is due. To be called before anything that
// starts a timer, or the timer would run from a stale time.
void CatchUp(TimePoint now);
// libusrsctp's clock runs in steps of this.
inline constexpr std::chrono::milliseconds kTick{10};

}  // namespace stack
}  // namespace funnel::sctp
