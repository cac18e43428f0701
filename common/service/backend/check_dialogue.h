// What one check sends to a backend, and what it makes of the answer. No I/O.
//
// A query for NS (RFC 1035, section 4.1):
//
//   offset  size
//        0     2   a random id, which the answer must have
//        2     2   0100: a query, recursion desired
//        4     8   one question, nothing else
//       12         the name: each label behind its length, then 0
//              2   type 2, NS
//              2   class 1, IN
//
// radius_status.h has what a RADIUS server is asked.
#pragma once

#include <string_view>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/config/service_config.h"

namespace funnel::service {

class CheckDialogue {
 public:
  // SERVICE and SECRET, which must outlive this, have a check, and the secret for radius.
  explicit CheckDialogue(const config::ServiceConfig& service, ByteView secret = {});

  // Empty: the check says nothing.
  [[nodiscard]] const Bytes& request() const { return request_; }
  // Whether the check waits for an answer at all.
  [[nodiscard]] bool wants_answer() const;

  enum class Verdict {
    kPassed,
    kUnfinished,  // a beginning of what is expected
    kIgnored,     // no answer to this request
  };
  // ANSWER is one datagram, or all bytes of the connection so far. The error says what is wrong
  // with it.
  [[nodiscard]] Result<Verdict> Judge(ByteView answer) const;
  // What is wrong with a backend that answers nothing.
  [[nodiscard]] std::string_view Silence() const;

 private:
  [[nodiscard]] Result<Verdict> JudgeDns(ByteView answer) const;
  [[nodiscard]] Result<Verdict> JudgeRadius(ByteView answer) const;

  const config::ServiceConfig& service_;
  ByteView secret_;
  Bytes request_;
};

}  // namespace funnel::service
