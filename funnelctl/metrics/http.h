// A minimal HTTP/1.1 server (RFC 9110, RFC 9112): one request, one answer, then the connection is
// closed. It is for inetd and systemd's Accept=yes, where the connection is stdin and stdout. A
// client may send anything, as slowly as it likes.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace funnel::ctl {

struct HttpLimits {
  std::size_t request_bytes = 8192;  // request line and header
  std::chrono::milliseconds request_time{5000};
  std::chrono::milliseconds answer_time{10000};
};

// What a request asks for.
enum class HttpStatus {
  kOk = 200,
  kBadRequest = 400,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kTimeout = 408,
  kTooLarge = 431,
};

struct HttpRequest {
  HttpStatus status = HttpStatus::kBadRequest;  // kOk: the path is one of ours
  bool head = false;                            // the header only
  std::string path;                             // "/" or "/metrics"
};

// HEADER includes its empty line.
[[nodiscard]] HttpRequest ParseHttpRequest(std::string_view header);

// The whole answer, without BODY if `head`.
[[nodiscard]] std::string HttpAnswer(HttpStatus status, bool head, std::string_view type,
                                     std::string_view body);

// Reads a request from IN, answers on OUT, and waits for a short time until the client has read the
// answer. METRICS makes the body of /metrics, and is called only for that. Fails if the client has
// gone or was too slow to take its answer; any other fault of the client is answered.
[[nodiscard]] Result<void> ServeHttp(int in, int out, const HttpLimits& limits,
                                     const std::function<std::string()>& metrics);

}  // namespace funnel::ctl
