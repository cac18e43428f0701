#include "common/service/edge_commands.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "common/base/json_writer.h"
#include "common/base/version.h"
#include "common/seal/enctype.h"
#include "common/service/backend/backends_json.h"
#include "common/service/forward_command.h"
#include "common/wire/frame/suite.h"

namespace funnel::service {
namespace {

using Arguments = ipc::CommandRow::Arguments;

std::int64_t Milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::int64_t UnixTime(TimePoint when) {
  return static_cast<std::int64_t>(std::time(nullptr)) - Milliseconds(Now() - when) / 1000;
}

std::int64_t UnixTime(BootTime when) {
  const auto left = when.since_boot - BootNow().since_boot;
  return static_cast<std::int64_t>(std::time(nullptr)) +
         std::chrono::duration_cast<std::chrono::seconds>(left).count();
}

std::string_view StateOf(const wire::Channel& channel) {
  switch (channel.state()) {
    case wire::Channel::State::kConfirming:
      return "confirming";
    case wire::Channel::State::kOpen:
      return "open";
    case wire::Channel::State::kClosing:
      return "closing";
    case wire::Channel::State::kEnded:
      return "ended";
  }
  return "";
}

std::string EnctypeText(std::uint16_t number) {
  const auto enctype = seal::EnctypeFromNumber(number);
  return enctype ? std::string(seal::TraitsOf(*enctype).name) : std::to_string(number);
}

// null: it is not known.
void WritePeerModule(JsonWriter& out, const std::optional<EndModule>& module) {
  out.Key("peer_module");
  if (!module) return out.Value(std::nullopt);
  out.Open('{').TextOrNull("module", module->name);
  out.Field("abi", module->loaded() ? std::optional(module->abi) : std::nullopt);
  out.Close('}');
}

void WriteChannel(JsonWriter& out, EdgeChannel& channel) {
  const wire::Channel& wire = channel.wire();
  const ChannelIdentity& identity = channel.identity();
  const Duration round_trip = wire.round_trip();

  out.Open('{').Field("number", identity.serial).Field("channel", identity.id.value());
  out.Field("state", StateOf(wire));
  out.Field("role", identity.role == wire::Role::kInitiator ? "initiator" : "acceptor");
  out.Field("peer", identity.peer);
  out.Field("local_principal", identity.local_principal);
  out.Field("remote_principal", identity.remote_principal);
  out.Field("enctype", EnctypeText(channel.security().enctype()));

  const wire::SuiteTraits* suite = wire::FindSuite(identity.suite);
  out.Field("suite", identity.suite);
  out.Field("suite_name", suite != nullptr ? suite->name : "");
  out.TextOrNull("suite_reason", identity.why_not_better);

  WritePeerModule(out, channel.peer_module());
  out.TextOrNull("modules_differ", channel.cost_of_modules());

  out.Field("epoch", wire.epoch().value());
  out.Field("since", UnixTime(identity.since)).Field("expires", UnixTime(wire.expires()));
  out.Field("rtt_ms", round_trip == Duration::zero()
                          ? std::optional<double>()
                          : std::chrono::duration<double, std::milli>(round_trip).count());
  out.Field("sessions", wire.session_count());

  const wire::ChannelStats& stats = wire.stats();
  out.Field("frames_sent", stats.frames_sent).Field("frames_received", stats.frames_received);
  out.Field("bytes_sent", stats.bytes_sent).Field("bytes_received", stats.bytes_received);
  out.Field("queued_bytes", wire.queued_bytes());
  out.Field("undelivered_bytes", wire.undelivered_bytes());
  out.Close('}');
}

void WriteHead(JsonWriter& out, const EdgeCommandsSetup& in) {
  const config::ServiceConfig& service = in.edge.service();
  out.Open('{').Field("daemon", in.daemon).Field("version", kVersion);
  out.Field("pid", ::getpid()).Field("service", service.name.text());
  out.Field("role", service.role == config::Role::kListen ? "listen" : "connect");
  out.Field("state", in.edge.StatusText()).Field("draining", in.edge.draining());
  out.TextOrNull("module", in.edge.application().module_name());
  out.Field("sessions_total", in.edge.application().session_count());
}

std::string StatusJson(const EdgeCommandsSetup& in) {
  JsonWriter out;
  WriteHead(out, in);
  out.Key("channels").Open('[');
  in.edge.VisitChannels([&](EdgeChannel& channel) { WriteChannel(out, channel); });
  out.Close(']').Close('}');
  return out.Take();
}

void WriteSession(JsonWriter& out, const SessionView& session) {
  std::optional<wire::SessionStats> stats;
  if (session.channel != nullptr) stats = session.channel->wire().StatsOf(session.id);
  const TimePoint active = std::max(session.active, stats ? stats->active : TimePoint());

  out.Open('{');
  out.TextOrNull("id", session.channel == nullptr ? ""
                                                  : std::to_string(session.channel->serial()) +
                                                        "." + std::to_string(session.id.value()));
  out.Field("state", session.state);
  out.TextOrNull("client", session.client).TextOrNull("local", session.local);
  out.TextOrNull("backend", session.backend).TextOrNull("module", session.module);
  WritePeerModule(out, session.channel != nullptr ? session.channel->peer_module() : std::nullopt);
  out.TextOrNull("peer", session.channel == nullptr ? "" : session.channel->peer());
  out.Field("age_ms", Milliseconds(Now() - session.opened));
  out.Field("idle_ms", Milliseconds(Now() - std::max(active, session.opened)));

  const wire::SessionStats counts = stats.value_or(wire::SessionStats{});
  out.Field("bytes_sent", counts.bytes_sent).Field("bytes_received", counts.bytes_received);
  out.Field("queued_bytes", counts.queued_bytes);
  out.Field("undelivered_bytes", counts.undelivered_bytes);
  out.Close('}');
}

std::string SessionsJson(const EdgeCommandsSetup& in) {
  const std::size_t most = in.control().sessions_shown;
  std::size_t seen = 0;
  JsonWriter out;
  WriteHead(out, in);
  out.Key("sessions").Open('[');
  in.edge.application().VisitSessions([&](const SessionView& session) {
    if (seen++ < most) WriteSession(out, session);
  });
  out.Close(']').Field("sessions_omitted", seen > most ? seen - most : 0);
  WriteForwards(out, in.edge.application());
  out.Close('}');
  return out.Take();
}

std::string BackendsJson(const EdgeCommandsSetup& in) {
  JsonWriter out;
  WriteHead(out, in);
  out.Key("backends");
  const BackendPool* pool = in.edge.application().backends();
  WriteBackends(out, pool != nullptr ? *pool : BackendPool(), Now());
  out.Close('}');
  return out.Take();
}

// The number of a channel as `funnelctl channels` shows it.
Result<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return Fail("a number is expected, not '" + EscapeForLog(text) + "'");
  return number;
}

// The channel of this number; if none is named, the first there is.
Result<EdgeChannel*> FindChannel(Edge& edge, const Arguments& arguments) {
  std::optional<std::uint64_t> number;
  if (!arguments.empty()) number = TRY(ParseNumber(arguments.front()));
  EdgeChannel* found = nullptr;
  edge.VisitChannels([&](EdgeChannel& channel) {
    if (found == nullptr && (!number || channel.serial() == *number)) found = &channel;
  });
  if (found != nullptr) return found;
  if (number) return Fail("there is no channel " + std::to_string(*number) + " (any more)");
  return Fail("there is no channel: " + edge.StatusText());
}

void Ping(const EdgeCommandsSetup& in, const Arguments& arguments, ipc::SharedAnswer answer) {
  auto channel = FindChannel(in.edge, arguments);
  if (!channel) return answer->Fail(channel.error().message);
  const std::string peer = (*channel)->peer();
  (*channel)->Ping(in.control().ping_timeout, [answer, peer](Result<Duration> round_trip) {
    if (!round_trip) return answer->Fail(round_trip.error().message);
    JsonWriter out;
    out.Open('{').Field("peer", peer);
    out.Field("rtt_ms", std::chrono::duration<double, std::milli>(*round_trip).count());
    out.Close('}');
    answer->Finish(out.Take());
  });
}

void StartTrace(const EdgeCommandsSetup& in, const Arguments& arguments, ipc::SharedAnswer answer) {
  const auto form = trace::ParseTraceForm(arguments.empty() ? "text" : arguments.front());
  if (!form) return answer->Fail(form.error().message);
  in.edge.trace().AddReader(std::move(answer), *form);
}

std::string Count(std::string_view what, std::size_t count) {
  JsonWriter out;
  out.Open('{').Field(what, count).Close('}');
  return out.Take();
}

void SetDraining(const EdgeCommandsSetup& in, bool draining, const ipc::SharedAnswer& answer) {
  in.edge.SetDraining(draining);
  answer->Finish(Count("sessions", in.edge.application().session_count()));
}

void Close(const EdgeCommandsSetup& in, const Arguments& arguments,
           const ipc::SharedAnswer& answer) {
  auto first = FindChannel(in.edge, arguments);
  if (!first) return answer->Fail(first.error().message);
  std::vector<EdgeChannel*> closing;
  in.edge.VisitChannels([&](EdgeChannel& channel) {
    if (arguments.empty() || &channel == *first) closing.push_back(&channel);
  });
  for (EdgeChannel* channel : closing)
    channel->Close(wire::EndCode::kShutdown, "closed by an administrator");
  answer->Finish(Count("closed", closing.size()));
}

void Reset(const EdgeCommandsSetup& in, const Arguments& arguments,
           const ipc::SharedAnswer& answer) {
  auto channel = FindChannel(in.edge, arguments);
  auto session = ParseNumber(arguments[1]);
  if (!channel) return answer->Fail(channel.error().message);
  if (!session) return answer->Fail(session.error().message);
  if (!in.edge.application().ResetSession(**channel, SessionId(*session)))
    return answer->Fail("there is no session " + arguments[0] + "." + arguments[1] + " (any more)");
  (*channel)->RequestFlush();
  answer->Finish(Count("reset", 1));
}

}  // namespace

void AddEdgeCommands(ipc::CommandTable& commands, EdgeCommandsSetup setup) {
  using Work = void (*)(const EdgeCommandsSetup&, const Arguments&, ipc::SharedAnswer);
  auto add = [&](const char* name, ipc::Access access, std::size_t least, std::size_t most,
                 Work work) {
    commands.Add(name, {access, least, most, [setup, work](const auto& arguments, auto answer) {
                          work(setup, arguments, std::move(answer));
                        }});
  };

  using ipc::Access;
  add("status", Access::kRead, 0, 0,
      [](const auto& in, const auto&, auto answer) { answer->Finish(StatusJson(in)); });
  add("sessions", Access::kRead, 0, 0,
      [](const auto& in, const auto&, auto answer) { answer->Finish(SessionsJson(in)); });
  add("backends", Access::kRead, 0, 0,
      [](const auto& in, const auto&, auto answer) { answer->Finish(BackendsJson(in)); });
  add("ping", Access::kRead, 0, 1, Ping);
  add("trace", Access::kRead, 0, 1, StartTrace);
  add("drain", Access::kAdmin, 0, 0,
      [](const auto& in, const auto&, auto answer) { SetDraining(in, true, answer); });
  add("resume", Access::kAdmin, 0, 0,
      [](const auto& in, const auto&, auto answer) { SetDraining(in, false, answer); });
  add("close", Access::kAdmin, 0, 1,
      [](const auto& in, const auto& arguments, auto answer) { Close(in, arguments, answer); });
  add("reset", Access::kAdmin, 2, 2,
      [](const auto& in, const auto& arguments, auto answer) { Reset(in, arguments, answer); });
  AddForwardCommand(commands, setup.edge.application());
}

}  // namespace funnel::service
