// funnelctl doctor: checks everything that a node needs to work; prints one line for each check.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "common/base/printable.h"
#include "common/config/read/load.h"
#include "funnelctl/colour.h"
#include "funnelctl/command.h"
#include "funnelctl/doctor/checks.h"
#include "funnelctl/look.h"
#include "funnelctl/print.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

using doctor::Report;
using doctor::Verdict;

const char* WordOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kWrong:
      return "wrong";
  }
  return "";
}

Colour ColourOf(Verdict verdict) {
  if (verdict == Verdict::kOk) return Colour::kGood;
  return verdict == Verdict::kWarning ? Colour::kWarning : Colour::kBad;
}

// "wrong    keytab: /etc/...: everybody may use it: chmod 0640 ...".
std::string LineOf(const Report& report, bool colours) {
  const doctor::Finding& finding = report.finding;
  std::string word = WordOf(finding.verdict);
  std::string line = Coloured(word, ColourOf(finding.verdict), colours);
  line.append(9 - word.size(), ' ');
  line += report.check + ": ";
  if (!finding.subject.empty()) line += Shown(finding.subject) + ": ";
  line += EscapeUnprintable(finding.text);
  if (!finding.todo.empty()) line += ". Do: " + EscapeUnprintable(finding.todo);
  return line + '\n';
}

Json JsonOf(const std::vector<Report>& reports) {
  Json out = Json::array();
  for (const Report& report : reports) {
    out.push_back({{"check", report.check},
                   {"subject", TextOrNull(report.finding.subject)},
                   {"verdict", WordOf(report.finding.verdict)},
                   {"text", report.finding.text},
                   {"todo", TextOrNull(report.finding.todo)}});
  }
  return out;
}

std::shared_ptr<doctor::Context> MakeContext(const Options& options) {
  auto context = std::make_shared<doctor::Context>();
  context->view = LookAtNode(options);
  context->run_dir = options.run_dir;
  if (!context->view.configuration) {
    auto loaded = config::Load({options.config_dir, options.defaults_dir});
    if (!loaded) context->mistakes = loaded.error();
  }
  return context;
}

}  // namespace

int RunDoctor(const Options& options) {
  if (geteuid() != 0)
    Complain("only root sees keytabs and who holds a port; for others these look wrong");
  auto reports = doctor::RunChecks(doctor::AllChecks(MakeContext(options)));
  if (options.json) {
    PrintJson(JsonOf(reports));
  } else {
    for (const Report& report : reports) PrintOwn(LineOf(report, WantsColours()));
  }

  bool wrong = std::ranges::any_of(
      reports, [](const Report& report) { return report.finding.verdict == Verdict::kWrong; });
  std::fflush(nullptr);

  // A check that was given up may still wait for something; nobody waits for it.
  _exit(wrong ? kExitFailed : kExitOk);
}

}  // namespace funnel::ctl
