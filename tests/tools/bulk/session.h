// One TCP connection that carries a known byte stream each way at the same time and checks, byte by
// byte, what arrives. The client says first what it wants:
//
//   seed 64 | bytes up 64 | bytes down 64 | flags 64      (little-endian, as test machines are)
//
// Each end sends its stream and shuts down writing; each expects its peer's whole stream and then
// the end of input. Anything else is an error with a text.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/unique_fd.h"

namespace funnel::tools {

// The bytes of a stream from a seed: every 8 bytes one step of splitmix64, so any part can be made
// at once and a lost, doubled or moved piece shows.
class Pattern {
 public:
  explicit Pattern(std::uint64_t seed) : seed_(seed) {}
  void Fill(std::uint64_t offset, std::uint8_t* out, std::size_t count) const;

 private:
  [[nodiscard]] std::uint64_t Word(std::uint64_t index) const;
  std::uint64_t seed_;
};

struct Request {
  std::uint64_t seed = 0;
  std::uint64_t up_bytes = 0;
  std::uint64_t down_bytes = 0;
  std::uint64_t flags = 0;
};

// The server sends only once it has seen the client's end of input: half-close at work.
inline constexpr std::uint64_t kAnswerAfterEnd = 1;

class Session {
 public:
  // Owns a connected (or connecting), non-blocking socket.
  static Session Client(UniqueFd fd, const Request& request);
  static Session Server(UniqueFd fd);

  // Reads and writes until both would block. False once it is over: done() or error() says how.
  bool Step();
  [[nodiscard]] bool done() const { return sent_end_ && got_end_ && error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool WantsWrite() const;
  // Paused: reads nothing, so that the sender meets flow control.
  void set_paused(bool paused) { paused_ = paused; }
  // Client only: what was requested is fully sent, but the socket stays open for writing.
  void set_hold_open(bool hold) { hold_open_ = hold; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t received_checksum() const { return received_checksum_; }
  [[nodiscard]] std::uint64_t sent_checksum() const { return sent_checksum_; }

 private:
  Session(UniqueFd fd, bool is_client) : fd_(std::move(fd)), is_client_(is_client) {}
  bool ReadSome();
  bool WriteSome();
  bool ReadRequest();
  void Begin();
  bool Break(std::string text);
  [[nodiscard]] bool MayAnswer() const;

  UniqueFd fd_;
  bool is_client_;
  bool paused_ = false;
  bool hold_open_ = false;
  Request request_;
  std::size_t request_bytes_ = 0;  // of the request: read by the server, written by the client
  std::uint64_t to_send_ = 0;
  std::uint64_t to_receive_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t sent_checksum_ = 0;
  std::uint64_t received_checksum_ = 0;
  bool sent_end_ = false;
  bool got_end_ = false;
  std::string error_;
};

}  // namespace funnel::tools
