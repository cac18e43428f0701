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
#pragma once

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/config/service_config.h"

namespace funnel::service {

class CheckDialogue {
 public:
  // SERVICE, which must outlive this, has a check.
  explicit CheckDialogue(const config::ServiceConfig& service);

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

 private:
  [[nodiscard]] Result<Verdict> JudgeDns(ByteView answer) const;

  const config::ServiceConfig& service_;
  Bytes request_;
};

}  // namespace funnel::service
