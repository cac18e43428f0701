#include "funnel-tcpd/socks/forwards.h"

#include <fcntl.h>

#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/socket_addresses.h"

namespace funnel::tcpd {
namespace {

// It came with its sender's flags.
Result<> MakeNonBlocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    return FailErrno("cannot use the listening socket");
  return {};
}

}  // namespace

Result<service::ForwardId> Forwards::Add(service::ForwardRequest request) {
  if (shared_.draining) return Fail("the service is drained, and takes no connections");
  const std::uint32_t most = shared_.service.max_forwards;
  if (forwards_.size() >= most) {
    shared_.Count(kForwardsOverLimit);
    return Fail("there are as many forwards as max-forwards allows (" + std::to_string(most) + ')');
  }

  UniqueFd listening = std::move(request.listening);
  TRY(MakeNonBlocking(listening.get()));
  auto forward = std::make_unique<Forward>();
  Forward& added = *forward;
  added.request = std::move(request);
  added.listen = AddressText(LocalAddress(listening.get()));
  added.acceptor.emplace(
      shared_, [this, &added](Connection connection) { Take(added, std::move(connection)); },
      Acceptor::Balancers::kDoNot);
  TRY(added.acceptor->Add(std::move(listening)));

  const service::ForwardId id(++last_id_);
  forwards_[id] = std::move(forward);
  shared_.Counter(kForwards) = forwards_.size();
  shared_.Count(kForwardsTotal);
  LogForward(added, "forward-began", "begins");
  return id;
}

void Forwards::Take(Forward& forward, Connection connection) {
  ++forward.connections;
  connection.info.target = forward.request.target;
  connection.forwarded = true;
  on_connection_(std::move(connection));
}

void Forwards::End(service::ForwardId id) {
  const auto ended = forwards_.extract(id);
  if (!ended.empty()) LogEnd(*ended.mapped(), "its command has ended");
}

void Forwards::Stop(std::string_view why) {
  for (const auto& [id, forward] : std::exchange(forwards_, {})) {
    LogEnd(*forward, why);
    forward->request.on_stopped(why);
  }
}

void Forwards::LogForward(const Forward& forward, std::string_view event,
                          const std::string& text) const {
  const std::string uid = std::to_string(forward.request.uid);
  const std::string target = forward.request.target.text();
  Log(LogLevel::kNotice, event,
      "a forward from " + forward.listen + " to " + target + " for uid " + uid + ' ' + text,
      {{"SERVICE", shared_.service.name.text()},
       {"UID", uid},
       {"LISTEN", forward.listen},
       {"TARGET", target}});
}

void Forwards::LogEnd(const Forward& forward, std::string_view why) {
  shared_.Counter(kForwards) = forwards_.size();
  last_end_ = Now();
  LogForward(
      forward, "forward-ended",
      std::string("ends: ").append(why) + "; connections: " + std::to_string(forward.connections));
}

void Forwards::Visit(const std::function<void(const service::ForwardView&)>& visit) const {
  for (const auto& [id, forward] : forwards_)
    visit({.id = id,
           .listen = forward->listen,
           .target = forward->request.target,
           .uid = forward->request.uid,
           .since = forward->since,
           .connections = forward->connections});
}

std::optional<TimePoint> Forwards::IdleSince() const {
  if (!forwards_.empty()) return std::nullopt;
  return last_end_;
}

}  // namespace funnel::tcpd
