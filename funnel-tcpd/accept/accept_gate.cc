#include "funnel-tcpd/accept/accept_gate.h"

#include <string>

#include "common/base/log.h"

namespace funnel::tcpd {

AcceptGate::~AcceptGate() {
  (void)acceptor_.SetAnswering(true);
  shared_.Counter(kNotAccepting) = 0;
}

void AcceptGate::Update(std::string_view why_not) {
  const bool up_only = shared_.service.accept_when == config::AcceptWhen::kUp;
  const bool closed = up_only && !why_not.empty();
  if (closed != closed_) Set(closed, closed ? why_not : up_only ? "a channel is open" : "always");
}

void AcceptGate::Set(bool closed, std::string_view why) {
  const bool known = closed_.has_value();
  if (const auto set = acceptor_.SetAnswering(!closed); !set) {
    closed_.reset();
    shared_.Count(kAcceptErrors);
    return Log(LogLevel::kError, "accept-when-failed", set.error().message,
               {{"SERVICE", shared_.service.name.text()}});
  }

  closed_ = closed;
  shared_.Counter(kNotAccepting) = closed ? 1 : 0;
  if (closed) shared_.Count(kAcceptClosings);
  if (!closed && !known) return;  // as anybody expects

  Log(LogLevel::kNotice, closed ? "accept-closed" : "accept-open",
      std::string(closed ? "new connections get no answer: " : "new connections are taken again: ")
          .append(why),
      {{"SERVICE", shared_.service.name.text()}});
}

}  // namespace funnel::tcpd
