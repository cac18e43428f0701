// Moves known byte streams over TCP both ways at once and checks every byte.
//
//   bulk serve ADDRESS [ADDRESS ...]
//   bulk client ADDRESS [--connections N] [--up BYTES] [--down BYTES] [--after-end]
//               [--pause MS] [--all-at-once] [--timeout S]
//
// serve answers until it is killed and prints one line for each connection: how it went.
// client opens N connections at the same time, prints one JSON line, and ends with 0 if all was
// right. --after-end: the server sends only after our end of input. --pause: reads nothing for so
// long at first. --all-at-once: no connection ends before all N are open and have received all.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tests/tools/address.h"
#include "tests/tools/bulk/session.h"

namespace funnel::tools {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Wanted {
  Request request;
  std::size_t connections = 1;
  std::chrono::milliseconds pause{0};
  bool all_at_once = false;
  std::chrono::seconds timeout{120};
};

[[noreturn]] void Die(const std::string& text) {
  std::fprintf(stderr, "bulk: %s\n", text.c_str());
  std::exit(2);
}

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// All sessions of this process in one level-triggered epoll set.
class Crowd {
 public:
  Crowd() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
  void Listen(int fd) { Control(EPOLL_CTL_ADD, fd, EPOLLIN); }
  void Add(Session session) {
    const int fd = session.fd();
    sessions_.emplace(fd, std::move(session));
    Control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT);
  }
  std::map<int, Session>& sessions() { return sessions_; }
  // What the epoll set watches follows what the session waits for.
  void Watch(const Session& session, bool read) {
    Control(EPOLL_CTL_MOD, session.fd(),
            (read ? EPOLLIN : 0u) | (session.WantsWrite() ? EPOLLOUT : 0u));
  }
  std::vector<int> Wait(int timeout_ms) {
    epoll_event events[256];
    const int count = epoll_wait(epoll_.get(), events, 256, timeout_ms);
    std::vector<int> ready;
    for (int i = 0; i < count; ++i) ready.push_back(events[i].data.fd);
    return ready;
  }

 private:
  void Control(int operation, int fd, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    if (epoll_ctl(epoll_.get(), operation, fd, &event) != 0) Die("epoll_ctl");
  }
  UniqueFd epoll_;
  std::map<int, Session> sessions_;
};

UniqueFd ListenOn(const std::string& text) {
  const auto address = ParseAddress(text);
  if (!address) Die(address.error().message);
  UniqueFd fd(socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd.get(), address->data(), address->size) != 0 || listen(fd.get(), 4096) != 0)
    Die(text + ": " + strerror(errno));
  return fd;
}

// One line for each connection: how it went, and what both directions came to.
void Report(const Session& session) {
  if (session.done())
    std::printf("done: received %llu %016llx sent %llu %016llx\n",
                static_cast<unsigned long long>(session.received()),
                static_cast<unsigned long long>(session.received_checksum()),
                static_cast<unsigned long long>(session.sent()),
                static_cast<unsigned long long>(session.sent_checksum()));
  else
    std::printf("broken: %s\n", session.error().c_str());
  std::fflush(stdout);
}

int Serve(const std::vector<std::string>& addresses) {
  Crowd crowd;
  std::vector<UniqueFd> listening;
  for (const std::string& address : addresses) {
    listening.push_back(ListenOn(address));
    crowd.Listen(listening.back().get());
  }

  std::puts("listening");
  std::fflush(stdout);
  while (true) {
    for (const int fd : crowd.Wait(-1)) {
      const auto found = crowd.sessions().find(fd);
      if (found == crowd.sessions().end()) {
        UniqueFd accepted(accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (accepted) crowd.Add(Session::Server(std::move(accepted)));
        continue;
      }
      if (found->second.Step()) {
        crowd.Watch(found->second, true);
        continue;
      }
      Report(found->second);
      crowd.sessions().erase(found);
    }
  }
}

UniqueFd ConnectTo(const Address& address) {
  UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) Die(std::string("socket: ") + strerror(errno));
  if (connect(fd.get(), address.data(), address.size) != 0 && errno != EINPROGRESS)
    Die(std::string("connect: ") + strerror(errno));
  return fd;
}

struct Outcome {
  std::size_t done = 0;
  std::map<std::string, std::size_t> errors;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t sent_sum = 0;
  std::uint64_t received_sum = 0;

  void AddUnfinished(const Session& session) {
    sent += session.sent();
    received += session.received();
    ++errors["unfinished, sent " + std::to_string(session.sent()) + ", received " +
             std::to_string(session.received())];
  }
  void Add(const Session& session) {
    sent += session.sent();
    received += session.received();
    sent_sum += session.sent_checksum();
    received_sum += session.received_checksum();
    if (session.done())
      ++done;
    else
      ++errors[session.error()];
  }
};

void Print(const Outcome& outcome, const Wanted& wanted, std::size_t unfinished, double seconds) {
  std::printf(
      "{\"connections\": %zu, \"done\": %zu, \"unfinished\": %zu, \"sent\": %llu, \"received\": "
      "%llu,"
      " \"sent_checksum\": \"%016llx\", \"received_checksum\": \"%016llx\", \"seconds\": %.3f,"
      " \"errors\": [",
      wanted.connections, outcome.done, unfinished, static_cast<unsigned long long>(outcome.sent),
      static_cast<unsigned long long>(outcome.received),
      static_cast<unsigned long long>(outcome.sent_sum),
      static_cast<unsigned long long>(outcome.received_sum), seconds);

  const char* comma = "";
  for (const auto& [text, count] : outcome.errors) {
    std::printf("%s\"%zu x %s\"", comma, count, text.c_str());
    comma = ", ";
  }

  std::puts("]}");
}

// Once every session has received all that it waits for, no session holds its end open any more.
void ReleaseWhenAllServed(Crowd& crowd, const Wanted& wanted, bool& held) {
  if (!held) return;
  for (const auto& [fd, session] : crowd.sessions())
    if (session.received() < wanted.request.down_bytes || session.sent() < wanted.request.up_bytes)
      return;
  held = false;
  for (auto& [fd, session] : crowd.sessions()) {
    session.set_hold_open(false);
    crowd.Watch(session, true);
  }
}

int Client(const std::string& to, const Wanted& wanted) {
  const auto address = ParseAddress(to);
  if (!address) Die(address.error().message);
  const auto start = SteadyClock::now();
  Crowd crowd;
  Outcome outcome;
  bool paused = wanted.pause.count() > 0;
  bool held = wanted.all_at_once;

  for (std::size_t index = 0; index < wanted.connections; ++index) {
    Request request = wanted.request;
    request.seed += index * 0x1000000;
    Session session = Session::Client(ConnectTo(*address), request);
    session.set_paused(paused);
    session.set_hold_open(held);
    crowd.Add(std::move(session));
  }

  while (!crowd.sessions().empty() && SteadyClock::now() - start < wanted.timeout) {
    if (paused && SteadyClock::now() - start >= wanted.pause) {
      paused = false;
      for (auto& [fd, session] : crowd.sessions()) {
        session.set_paused(false);
        crowd.Watch(session, true);
      }
    }
    for (const int fd : crowd.Wait(20)) {
      const auto found = crowd.sessions().find(fd);
      if (found->second.Step()) {
        crowd.Watch(found->second, !paused);
        continue;
      }
      outcome.Add(found->second);
      crowd.sessions().erase(found);
    }
    ReleaseWhenAllServed(crowd, wanted, held);
  }

  for (const auto& [fd, session] : crowd.sessions()) outcome.AddUnfinished(session);
  Print(outcome, wanted, crowd.sessions().size(), SecondsSince(start));
  return outcome.done == wanted.connections ? 0 : 1;
}

Wanted ParseWanted(const std::vector<std::string>& options) {
  Wanted wanted;
  wanted.request.seed = static_cast<std::uint64_t>(getpid());
  for (std::size_t at = 0; at < options.size(); ++at) {
    const std::string& key = options[at];
    if (key == "--after-end") {
      wanted.request.flags |= kAnswerAfterEnd;
    } else if (key == "--all-at-once") {
      wanted.all_at_once = true;
    } else if (at + 1 == options.size()) {
      Die(key + " lacks its value");
    } else {
      const std::uint64_t value = std::strtoull(options[++at].c_str(), nullptr, 10);
      if (key == "--connections")
        wanted.connections = value;
      else if (key == "--up")
        wanted.request.up_bytes = value;
      else if (key == "--down")
        wanted.request.down_bytes = value;
      else if (key == "--pause")
        wanted.pause = std::chrono::milliseconds(value);
      else if (key == "--timeout")
        wanted.timeout = std::chrono::seconds(value);
      else
        Die(key + "?");
    }
  }

  return wanted;
}

}  // namespace
}  // namespace funnel::tools

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() >= 2 && arguments[0] == "serve")
    return funnel::tools::Serve({arguments.begin() + 1, arguments.end()});
  if (arguments.size() >= 2 && arguments[0] == "client")
    return funnel::tools::Client(
        arguments[1], funnel::tools::ParseWanted({arguments.begin() + 2, arguments.end()}));
  std::fputs("usage: bulk serve ADDRESS... | bulk client ADDRESS [OPTION...]\n", stderr);
  return 2;
}
