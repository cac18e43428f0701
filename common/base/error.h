// Fallible functions return Result<T>. An Error carries one sentence for a human; whoever finally
// logs it adds the event and the peer. Outputs are set only on success.
#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <utility>

namespace funnel {

struct [[nodiscard]] Error {
  std::string message;
  // The errno behind it, 0 where there is none.
  int code = 0;
};

template <typename T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> Fail(std::string message, int code = 0) {
  return std::unexpected<Error>(Error{std::move(message), code});
}

// "what: No such file or directory". Call it right behind the system call, once.
[[nodiscard]] std::unexpected<Error> FailErrno(std::string what, int err = errno);

}  // namespace funnel

// Evaluates a Result: its value on success, otherwise returns the error from this function.
// (g++ 12's std::expected lacks and_then.) One a statement: nested ones shadow each other.
#define TRY(...)                                                              \
  ({                                                                          \
    auto try_result_ = (__VA_ARGS__);                                         \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    *std::move(try_result_);                                                  \
  })
