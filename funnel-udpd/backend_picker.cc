#include "funnel-udpd/backend_picker.h"

#include <algorithm>
#include <utility>

#include "funnel-udpd/flow_source.h"

namespace funnel::udpd {
namespace {

bool Contains(const std::vector<SocketAddress>& all, const SocketAddress& one) {
  return std::ranges::find(all, one) != all.end();
}

std::string Describe(const SocketAddress& address, int error) {
  return FailErrno(address.text(), error).error().message;
}

}  // namespace

BackendPicker::BackendPicker(SharedState& shared, User& user, config::Endpoint endpoint)
    : shared_(shared),
      user_(user),
      endpoint_(std::move(endpoint)),
      resolver_(shared.loop),
      is_name_(!endpoint_.literal()),
      hook_(shared.loop.AddTurnHook([this] { ReportGivenUp(); })) {
  if (const auto literal = endpoint_.literal()) Learn({*literal});
}

void BackendPicker::Begin(BackendFlow& flow) {
  if (is_name_) return LookUp(flow);
  flow.choice.generation = generation_;
  Try(flow, known_);
}

std::uint64_t BackendPicker::Wait(BackendFlow& flow) {
  waiting_.erase(flow.choice.waiting);
  flow.choice.waiting = ++last_waiting_;
  waiting_.emplace(last_waiting_, &flow);
  return last_waiting_;
}

void BackendPicker::LookUp(BackendFlow& flow) {
  next_check_ = Now() + shared_.service.resolve_interval;
  // After a refusal, the answer that gave this address is of no use.
  const Duration max_age =
      flow.choice.tried.empty() ? net::Resolver::kFresh : net::Resolver::kFailureFresh;
  resolver_.Lookup(
      endpoint_, [this, number = Wait(flow)](const auto& answer) { OnResolved(number, answer); },
      max_age);
}

void BackendPicker::OnResolved(std::uint64_t number, const net::Resolver::Answer& answer) {
  const auto at = waiting_.find(number);
  if (at == waiting_.end()) return;
  BackendFlow& flow = *at->second;
  waiting_.erase(at);
  flow.choice.waiting = 0;
  if (!answer) {
    flow.choice.counter = kConnectFailed;
    return GiveUp(flow, answer.error().message);
  }
  Learn(*answer);
  flow.choice.generation = generation_;
  // After a refusal, addresses that had their chance are not tried again.
  std::vector<SocketAddress> untried = *answer;
  std::erase_if(untried, [&](const auto& one) { return Contains(flow.choice.tried, one); });
  Try(flow, untried);
}

void BackendPicker::Learn(const std::vector<SocketAddress>& addresses) {
  if (addresses == known_) return;
  known_ = addresses;
  ++generation_;
}

void BackendPicker::CheckName(TimePoint now) {
  if (now < next_check_) return;
  next_check_ = now + shared_.service.resolve_interval;
  // If the lookup fails, the addresses that the name had stay in use.
  resolver_.Lookup(
      endpoint_,
      [this](const net::Resolver::Answer& answer) {
        if (answer) Learn(*answer);
      },
      std::min<Duration>(net::Resolver::kFresh, shared_.service.resolve_interval));
}

void BackendPicker::Try(BackendFlow& flow, const std::vector<SocketAddress>& addresses) {
  if (addresses.empty()) return GiveUp(flow, flow.choice.why);
  flow.choice.race.emplace(order_.Arrange(addresses), net::AddressRace::Times{}, Now());
  Advance(flow);
}

void BackendPicker::Advance(BackendFlow& flow) {
  auto& choice = flow.choice;
  while (const auto next = choice.race->Next(Now())) {
    choice.tried.push_back(*next);
    const auto set = flow.SetBackend(*next);
    if (set) return;
    choice.why = set.error().message;
    choice.counter = CounterFor(shared_.service.source, set.error());
    if (choice.counter == kConnectFailed) order_.OnFailed(*next);
    choice.race->OnFailed(Now());
  }
  // The name may have other addresses now. None is tried twice, so this ends.
  if (is_name_) return LookUp(flow);
  GiveUp(flow, choice.why);
}

void BackendPicker::OnFailed(BackendFlow& flow, int error) {
  if (flow.choice.waiting != 0) return;
  flow.choice.why = Describe(flow.backend(), error);
  flow.choice.counter = kConnectFailed;
  order_.OnFailed(flow.backend());
  flow.choice.race->OnFailed(Now());
  Advance(flow);
}

void BackendPicker::OnAnswer(BackendFlow& flow) {
  if (flow.choice.tried.empty()) return;
  flow.choice.tried.clear();
  order_.OnWorked(flow.backend());
}

void BackendPicker::Send(BackendFlow& flow, ByteView datagram, bool keep_copy, TimePoint now) {
  if (is_name_) CheckName(now);
  auto& choice = flow.choice;
  if (choice.waiting == 0 && std::exchange(choice.generation, generation_) != generation_ &&
      !Contains(known_, flow.backend())) {
    // Nothing was refused, so what went to the former address is not sent again.
    choice.tried.clear();
    flow.ForgetSent();
    Try(flow, known_);
  }
  flow.Send(datagram, keep_copy || is_name_);
}

void BackendPicker::GiveUp(BackendFlow& flow, const std::string& why) {
  given_up_.emplace_back(Wait(flow), endpoint_.text() + ": " + why);
  hook_->Request();
}

void BackendPicker::ReportGivenUp() {
  for (const auto& [number, why] : std::exchange(given_up_, {})) {
    const auto at = waiting_.find(number);
    if (at == waiting_.end()) continue;
    BackendFlow& flow = *at->second;
    waiting_.erase(at);
    flow.choice.waiting = 0;
    user_.OnNoBackend(flow, why);
  }
}

}  // namespace funnel::udpd
