#include "tests/sctp/interop/usrsctp_peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/time.h>
#include <usrsctp.h>

#include <chrono>
#include <cstring>

namespace sctp::testing {
namespace {

// Its header (netinet/sctp.h) lacks it.
constexpr int kInterleavingSupported = 0x1206;
constexpr std::size_t kBufferBytes = 1 << 20;

std::vector<Bytes>& Sent() {
  static std::vector<Bytes> sent;
  return sent;
}

// The library's time, while it is in use.
std::chrono::microseconds& VirtualTime() {
  static std::chrono::microseconds now = std::chrono::hours(1);
  return now;
}

int OnOutput(void*, void* packet, std::size_t size, std::uint8_t, std::uint8_t) {
  const auto* at = static_cast<const std::uint8_t*>(packet);
  Sent().emplace_back(at, at + size);
  return 0;
}

void* ItsAddress() { return reinterpret_cast<void*>(std::uintptr_t{1}); }

void Start() {
  static const bool started = [] {
    usrsctp_init_nothreads(0, OnOutput, nullptr);
    usrsctp_register_address(ItsAddress());
    return true;
  }();
  (void)started;
}

sockaddr_conn AddressOf(std::uint16_t port) {
  sockaddr_conn address{};
  address.sconn_family = AF_CONN;
  address.sconn_port = htons(port);
  address.sconn_addr = ItsAddress();
  return address;
}

template <typename T>
void Set(struct socket* raw, int option, const T& value, int level = IPPROTO_SCTP) {
  EXPECT_EQ(usrsctp_setsockopt(raw, level, option, &value, sizeof value), 0) << option;
}

}  // namespace
}  // namespace sctp::testing

// Its timers count our ticks, but it uses this clock to judge what must be sent again: so both must
// show the same time. The program's own definition takes precedence over the C library's.
extern "C" int gettimeofday(struct timeval* time, void*) noexcept {
  const auto now = sctp::testing::VirtualTime().count();
  time->tv_sec = now / 1'000'000;
  time->tv_usec = now % 1'000'000;
  return 0;
}

namespace sctp::testing {

UsrsctpPeer::UsrsctpPeer(const Settings& settings) {
  Start();
  Sent().clear();

  socket_ = usrsctp_socket(AF_CONN, SOCK_SEQPACKET, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
  usrsctp_set_non_blocking(socket_, 1);
  Set(socket_, SO_LINGER, linger{1, 0}, SOL_SOCKET);
  Set(socket_, SO_SNDBUF, static_cast<int>(kBufferBytes), SOL_SOCKET);
  Set(socket_, SO_RCVBUF, static_cast<int>(kBufferBytes), SOL_SOCKET);
  Set(socket_, SCTP_INITMSG, sctp_initmsg{64, 64, 8, 1000});
  Set(socket_, SCTP_RTOINFO, sctp_rtoinfo{SCTP_FUTURE_ASSOC, 500, 2000, 100});

  sctp_paddrparams path{};
  path.spp_address.ss_family = AF_CONN;
  path.spp_pathmtu = 1400;
  path.spp_flags = SPP_PMTUD_DISABLE;
  Set(socket_, SCTP_PEER_ADDR_PARAMS, path);

  Set(socket_, SCTP_NODELAY, std::uint32_t{1});
  Set(socket_, SCTP_PARTIAL_DELIVERY_POINT, static_cast<std::uint32_t>(kBufferBytes / 2));
  Set(socket_, SCTP_FRAGMENT_INTERLEAVE, std::uint32_t{2});
  Set(socket_, kInterleavingSupported,
      sctp_assoc_value{SCTP_FUTURE_ASSOC, settings.interleaving ? 1u : 0u});
  Set(socket_, SCTP_RECVRCVINFO, std::uint32_t{1});
  Set(socket_, SCTP_EVENT, sctp_event{SCTP_FUTURE_ASSOC, SCTP_ASSOC_CHANGE, 1});

  sockaddr_conn address = AddressOf(settings.port);
  EXPECT_EQ(usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(usrsctp_listen(socket_, 5), 0);
}

UsrsctpPeer::~UsrsctpPeer() {
  usrsctp_close(socket_);
  Sent().clear();
}

void UsrsctpPeer::Connect(std::uint16_t port) {
  sockaddr_conn address = AddressOf(port);
  const int done = usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  EXPECT_TRUE(done == 0 || errno == EINPROGRESS) << errno;
}

void UsrsctpPeer::OnPacket(MutableByteView packet) {
  usrsctp_conninput(ItsAddress(), packet.data(), packet.size(), 0);
}

void UsrsctpPeer::Pass(std::chrono::milliseconds span) {
  VirtualTime() += span;
  usrsctp_handle_timers(static_cast<std::uint32_t>(span.count()));
}

std::vector<Bytes> UsrsctpPeer::TakePackets() { return std::exchange(Sent(), {}); }

bool UsrsctpPeer::Send(StreamId stream, ByteView message, bool unordered) {
  sctp_sndinfo info{};
  info.snd_sid = stream.value();
  info.snd_flags = unordered ? SCTP_UNORDERED : 0;
  info.snd_ppid = htonl(7);
  info.snd_assoc_id = association_;
  return usrsctp_sendv(socket_, message.data(), message.size(), nullptr, 0, &info, sizeof info,
                       SCTP_SENDV_SNDINFO, 0) >= 0;
}

void UsrsctpPeer::Shutdown() {
  sctp_sndinfo info{};
  info.snd_flags = SCTP_EOF;
  info.snd_assoc_id = association_;
  (void)usrsctp_sendv(socket_, "", 0, nullptr, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0);
}

void UsrsctpPeer::Abort(const std::string& text) {
  sctp_sndinfo info{};
  info.snd_flags = SCTP_ABORT;
  info.snd_assoc_id = association_;
  (void)usrsctp_sendv(socket_, text.data(), text.size(), nullptr, 0, &info, sizeof info,
                      SCTP_SENDV_SNDINFO, 0);
}

void UsrsctpPeer::OnChange(ByteView notification) {
  sctp_assoc_change change{};
  std::memcpy(&change, notification.data(), std::min(sizeof change, notification.size()));
  if (change.sac_type != SCTP_ASSOC_CHANGE) return;
  association_ = change.sac_assoc_id;
  switch (change.sac_state) {
    case SCTP_COMM_UP:
      ++ups_;
      break;
    case SCTP_RESTART:
      ++restarts_;
      break;
    default:
      ++downs_;
      break;
  }
}

std::optional<UsrsctpPeer::Message> UsrsctpPeer::Receive() {
  static Bytes buffer(kBufferBytes);
  for (;;) {
    sockaddr_conn from{};
    socklen_t from_length = sizeof from, info_length = sizeof(sctp_rcvinfo);
    sctp_rcvinfo info{};
    unsigned type = 0;
    int flags = 0;
    const auto got =
        usrsctp_recvv(socket_, buffer.data(), buffer.size(), reinterpret_cast<sockaddr*>(&from),
                      &from_length, &info, &info_length, &type, &flags);
    if (got <= 0) return std::nullopt;
    const ByteView bytes = ByteView(buffer).first(static_cast<std::size_t>(got));
    if ((flags & MSG_NOTIFICATION) != 0) {
      OnChange(bytes);
      continue;
    }
    EXPECT_NE(flags & MSG_EOR, 0);
    return Message{StreamId(info.rcv_sid), ntohl(info.rcv_ppid), {bytes.begin(), bytes.end()}};
  }
}

}  // namespace sctp::testing
