// The connection's side of http.h: reads and writes within limits.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>

#include "common/base/clock.h"
#include "funnelctl/metrics/http.h"

namespace funnel::ctl {
namespace {

constexpr std::string_view kExposition = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kFrontPage =
    "<!DOCTYPE html>\n<title>Funnel</title>\n<p><a href=\"/metrics\">Metrics</a></p>\n";
// Closing with unread input causes a reset, which could overtake our answer; so whatever a client
// still sends is read and dropped for this long.
constexpr std::chrono::milliseconds kDrainTime{500};

bool WaitFor(int fd, short events, TimePoint until) {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Now()).count();
    pollfd wait{fd, events, 0};
    int ready = poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

// Appends what has come; returns 0 at the end of the stream, -1 if time is over or reading fails.
ssize_t ReadSome(int fd, TimePoint until, std::string& to) {
  char buffer[2048];
  if (!WaitFor(fd, POLLIN, until)) return -1;
  ssize_t count = read(fd, buffer, sizeof buffer);
  if (count > 0) to.append(buffer, static_cast<std::size_t>(count));
  return count;
}

// The size of the request line and header with their empty line; nullopt: they are not complete.
std::optional<std::size_t> HeaderEnd(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::nullopt;
}

HttpRequest ReadRequest(int in, const HttpLimits& limits) {
  TimePoint until = Now() + limits.request_time;
  std::string text;
  for (;;) {
    if (auto end = HeaderEnd(text); end && *end <= limits.request_bytes)
      return ParseHttpRequest(std::string_view(text).substr(0, *end));
    if (text.size() > limits.request_bytes) return {.status = HttpStatus::kTooLarge};
    ssize_t count = ReadSome(in, until, text);
    if (count == 0) return {.status = HttpStatus::kBadRequest};
    if (count < 0) return {.status = HttpStatus::kTimeout};
  }
}

std::string Answer(const HttpRequest& request, const std::function<std::string()>& metrics) {
  if (request.status != HttpStatus::kOk) {
    std::string body = std::to_string(static_cast<int>(request.status)) + '\n';
    return HttpAnswer(request.status, request.head, "text/plain; charset=utf-8", body);
  }
  if (request.path == "/")
    return HttpAnswer(request.status, request.head, "text/html; charset=utf-8", kFrontPage);
  return HttpAnswer(request.status, request.head, kExposition, metrics());
}

Result<void> WriteAll(int out, std::string_view text, TimePoint until) {
  while (!text.empty()) {
    if (!WaitFor(out, POLLOUT, until)) return Fail("the client does not read its answer");
    ssize_t count = send(out, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    // A pipe takes this much without waiting after it has become writable (pipe(7)).
    constexpr std::size_t kPipeChunk = 4096;
    if (count < 0 && errno == ENOTSOCK)
      count = write(out, text.data(), std::min(text.size(), kPipeChunk));
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count < 0) return FailErrno("cannot answer");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

void Drain(int in, int out) {
  if (shutdown(out, SHUT_WR) != 0) return;  // it is no socket, or is gone already
  TimePoint until = Now() + kDrainTime;
  std::string ignored;
  while (ReadSome(in, until, ignored) > 0) ignored.clear();
}

}  // namespace

Result<void> ServeHttp(int in, int out, const HttpLimits& limits,
                       const std::function<std::string()>& metrics) {
  HttpRequest request = ReadRequest(in, limits);
  TRY(WriteAll(out, Answer(request, metrics), Now() + limits.answer_time));
  Drain(in, out);
  return {};
}

}  // namespace funnel::ctl
