#include "funnelctl/look.h"

#include <ctime>

#include "common/config/read/load.h"
#include "funnelctl/ask.h"
#include "funnelctl/counter_owner.h"

namespace funnel::ctl {
namespace {

template <typename Status>
void TakeAnswer(Result<std::string> json, Result<Status> (*parse)(const std::string&),
                Answer<Status>& out) {
  if (!json) {
    out.error = json.error().message;
    return;
  }

  auto status = parse(*json);
  if (!status) {
    out.error = status.error().message;
    return;
  }

  out.status = *std::move(status);
  out.json = *std::move(json);
}

}  // namespace

NodeView LookAtNode(const Options& options, std::chrono::milliseconds deadline) {
  NodeView view;
  view.config_dir = options.config_dir;
  auto answers =
      AskAll({{SctpdSocket(options), "status"}, {AuthdSocket(options), "status"}}, deadline);
  TakeAnswer(std::move(answers[0]), ParseSctpdStatus, view.sctpd);
  TakeAnswer(std::move(answers[1]), ParseAuthdStatus, view.authd);

  if (auto loaded = config::Load({options.config_dir, options.defaults_dir})) {
    view.configuration = *std::move(loaded);
  } else {
    view.mistakes = loaded.error().size();
  }

  const auto owners = view.configuration ? OwnersBy(*view.configuration) : metrics::OwnerCheck();
  if (auto counters = metrics::ReadCounterFolder(options.RunPath("counters"), owners)) {
    view.counters = *std::move(counters);
  } else {
    view.counters_error = counters.error().message;
  }

  view.now = std::time(nullptr);
  return view;
}

}  // namespace funnel::ctl
