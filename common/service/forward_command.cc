#include "common/service/forward_command.h"

#include <chrono>
#include <utility>

#include "common/base/text.h"
#include "common/config/address.h"

namespace funnel::service {
namespace {

// A zone would name an interface of this node.
Result<wire::Target> ParseTarget(const std::string& text) {
  const auto endpoint = config::Endpoint::ParseHost(text, config::Endpoint::Port::kRequired);
  if (!endpoint || endpoint->host.size() > wire::kMaxTargetHost || endpoint->host.contains('%'))
    return Fail("a target is a host with a port, not " + EscapeForLog(text));
  return wire::Target{endpoint->host, endpoint->port};
}

std::string ForwardJson(const ForwardView& forward) {
  JsonWriter out;
  out.Open('{').Field("listen", forward.listen).Field("target", forward.target.text()).Close('}');
  return out.Take();
}

void StartForward(Application& application, const std::string& target_text,
                  ipc::CommandSocket socket, ipc::SharedAnswer answer) {
  auto target = ParseTarget(target_text);
  if (!target) return answer->Fail(target.error().message);

  // Closing a listening socket never waits.
  auto added =
      application.AddForward({.listening = std::move(socket.fd),
                              .target = *std::move(target),
                              .uid = socket.uid,
                              .on_stopped = [answer](std::string_view why) { answer->Fail(why); }});
  if (!added) return answer->Fail(added.error().message);

  answer->set_on_gone([&application, id = *added] { application.EndForward(id); });
  application.VisitForwards([&](const ForwardView& forward) {
    if (forward.id == *added) answer->Write(ForwardJson(forward));
  });
}

}  // namespace

void AddForwardCommand(ipc::CommandTable& commands, Application& application) {
  commands.Add("forward",
               {.access = ipc::Access::kAdmin,
                .min_arguments = 1,
                .max_arguments = 1,
                .run = {},
                .run_with_socket = [&application](const auto& arguments, auto socket, auto answer) {
                  StartForward(application, arguments.front(), std::move(socket),
                               std::move(answer));
                }});
}

void WriteForwards(JsonWriter& out, Application& application) {
  out.Key("forwards").Open('[');
  application.VisitForwards([&](const ForwardView& forward) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(Now() - forward.since);
    out.Open('{').Field("listen", forward.listen).Field("target", forward.target.text());
    out.Field("uid", forward.uid).Field("age_ms", age.count());
    out.Field("connections", forward.connections).Close('}');
  });
  out.Close(']');
}

}  // namespace funnel::service
