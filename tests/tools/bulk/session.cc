#include "tests/tools/bulk/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace funnel::tools {

namespace {

constexpr std::size_t kPiece = 256 * 1024;
// Reads and writes in one Step, so that many sessions take turns.
constexpr int kRounds = 4;

// Independent of how the stream was cut into pieces: each byte counts with a weight of its place.
std::uint64_t Add(std::uint64_t sum, std::uint64_t offset, const std::uint8_t* bytes,
                  std::size_t count) {
  for (std::size_t at = 0; at < count; ++at) sum += bytes[at] * (2 * (offset + at) + 1);
  return sum;
}

// The two directions of one connection carry different streams.
std::uint64_t DownSeed(std::uint64_t seed) { return ~seed; }

}  // namespace

std::uint64_t Pattern::Word(std::uint64_t index) const {
  std::uint64_t z = seed_ + (index + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

void Pattern::Fill(std::uint64_t offset, std::uint8_t* out, std::size_t count) const {
  while (count > 0) {
    const std::uint64_t word = Word(offset / 8);
    const std::size_t skip = offset % 8;
    const std::size_t take = std::min(count, 8 - skip);
    std::memcpy(out, reinterpret_cast<const std::uint8_t*>(&word) + skip, take);
    out += take;
    offset += take;
    count -= take;
  }
}

Session Session::Client(UniqueFd fd, const Request& request) {
  Session session(std::move(fd), true);
  session.request_ = request;
  session.Begin();
  return session;
}

Session Session::Server(UniqueFd fd) { return Session(std::move(fd), false); }

void Session::Begin() {
  to_send_ = is_client_ ? request_.up_bytes : request_.down_bytes;
  to_receive_ = is_client_ ? request_.down_bytes : request_.up_bytes;
}

bool Session::Break(std::string text) {
  if (error_.empty()) error_ = std::move(text);
  return false;
}

bool Session::MayAnswer() const {
  if (is_client_) return true;
  if (request_bytes_ < sizeof request_) return false;
  return (request_.flags & kAnswerAfterEnd) == 0 || got_end_;
}

bool Session::WantsWrite() const {
  if (sent_end_ || !MayAnswer()) return false;
  return !(hold_open_ && sent_ == to_send_ && request_bytes_ == sizeof request_);
}

bool Session::Step() {
  for (int round = 0; round < kRounds; ++round) {
    bool more = false;
    if (WantsWrite()) more = WriteSome() || more;
    if (!error_.empty()) return false;
    if (!got_end_ && !paused_) more = ReadSome() || more;
    if (!error_.empty() || done()) return false;
    if (!more) break;
  }
  return true;
}

bool Session::ReadRequest() {
  auto* into = reinterpret_cast<std::uint8_t*>(&request_);
  const ssize_t count =
      recv(fd_.get(), into + request_bytes_, sizeof request_ - request_bytes_, MSG_DONTWAIT);
  if (count == 0) return Break("ended before its request");
  if (count < 0)
    return errno == EAGAIN ? false : Break(std::string("reading the request: ") + strerror(errno));
  request_bytes_ += static_cast<std::size_t>(count);
  if (request_bytes_ == sizeof request_) Begin();
  return true;
}

bool Session::ReadSome() {
  if (!is_client_ && request_bytes_ < sizeof request_) return ReadRequest();
  static thread_local std::array<std::uint8_t, kPiece> got;
  static thread_local std::array<std::uint8_t, kPiece> expected;
  const ssize_t result = recv(fd_.get(), got.data(), got.size(), MSG_DONTWAIT);
  if (result < 0)
    return errno == EAGAIN
               ? false
               : Break("after " + std::to_string(received_) + " bytes: " + strerror(errno));

  if (result == 0) {
    got_end_ = true;
    if (received_ != to_receive_)
      return Break("ended cleanly after " + std::to_string(received_) + " of " +
                   std::to_string(to_receive_) + " bytes");
    return true;
  }

  const auto count = static_cast<std::size_t>(result);
  if (received_ + count > to_receive_) return Break("more bytes than were sent");
  const Pattern pattern(is_client_ ? DownSeed(request_.seed) : request_.seed);
  pattern.Fill(received_, expected.data(), count);
  if (std::memcmp(got.data(), expected.data(), count) != 0)
    return Break("wrong bytes after " + std::to_string(received_));
  received_checksum_ = Add(received_checksum_, received_, got.data(), count);
  received_ += count;
  return true;
}

bool Session::WriteSome() {
  static thread_local std::array<std::uint8_t, kPiece> piece;
  const std::uint8_t* from = piece.data();
  std::size_t count = 0;
  const bool requesting = is_client_ && request_bytes_ < sizeof request_;
  if (requesting) {
    from = reinterpret_cast<const std::uint8_t*>(&request_) + request_bytes_;
    count = sizeof request_ - request_bytes_;
  } else {
    count = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, to_send_ - sent_));
    Pattern(is_client_ ? request_.seed : DownSeed(request_.seed)).Fill(sent_, piece.data(), count);
  }

  if (count == 0) {
    if (shutdown(fd_.get(), SHUT_WR) != 0)
      return Break(std::string("shutdown: ") + strerror(errno));
    sent_end_ = true;
    return true;
  }

  const ssize_t result = send(fd_.get(), from, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (result < 0)
    return errno == EAGAIN || errno == ENOTCONN
               ? false
               : Break("after sending " + std::to_string(sent_) + " bytes: " + strerror(errno));

  if (requesting) {
    request_bytes_ += static_cast<std::size_t>(result);
  } else {
    sent_checksum_ = Add(sent_checksum_, sent_, piece.data(), static_cast<std::size_t>(result));
    sent_ += static_cast<std::uint64_t>(result);
  }

  return true;
}

}  // namespace funnel::tools
