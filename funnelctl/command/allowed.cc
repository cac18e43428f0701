// funnelctl allowed: whether a principal would be let into a service, and by which line.
#include <algorithm>

#include "common/config/check/check.h"
#include "funnelctl/command.h"
#include "funnelctl/print.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

// One `accept` or `expect` with its judgement.
struct Rule {
  std::string key;
  std::string text;
  config::Origin origin;
  Result<> match = {};
};

struct Verdict {
  bool allowed = false;
  std::string text;  // one sentence
  std::vector<Rule> rules;
};

std::string LineOf(const Rule& rule) {
  return config::PrintOrigin(rule.origin) + ": " + rule.key + " = " + Shown(rule.text);
}

std::vector<Rule> RulesOf(const config::ServiceConfig& service, const config::Principal& who) {
  std::vector<Rule> out;
  auto places = service.origins.find("security.accept");
  for (std::size_t i = 0; i < service.accept.size(); ++i) {
    out.push_back(
        {"accept", service.accept[i].text(), places->second.at(i), service.accept[i].Match(who)});
  }
  return out;
}

Verdict JudgeInitiator(const config::ServiceConfig& service, const config::Principal& who) {
  Verdict out{.rules = RulesOf(service, who)};
  auto match = std::ranges::find_if(out.rules, [](const Rule& r) { return r.match.has_value(); });
  out.allowed = match != out.rules.end();
  if (out.rules.empty()) {
    out.text = "no: the service has no `accept` line, and nothing listed means nobody";
  } else if (!out.allowed) {
    out.text = "no: no `accept` line of the service matches";
  } else {
    out.text = "yes, by " + LineOf(*match);
    if (!service.peer.empty()) out.text += "; only over peer " + service.peer;
  }
  return out;
}

// On the listening side a principal can only be that of the far end.
Verdict JudgeAcceptor(const config::ServiceConfig& service, const config::Principal& who) {
  Rule rule{"expect", service.expect.text(),
            config::FindOrigin(service.origins, "security", "expect")};
  if (who != service.expect) rule.match = Fail("the far end must be exactly this principal");
  std::string us = "; the far end's `accept` must match us, " + service.identity.text();
  Verdict out{.allowed = rule.match.has_value()};
  out.text = (out.allowed ? "yes, as the far end of a service that listens here, by "
                          : "no: the service listens here, and takes as its far end only ") +
             LineOf(rule) + us;
  out.rules.push_back(std::move(rule));
  return out;
}

std::string RenderText(const std::string& who, const std::string& service, const Verdict& verdict) {
  std::string out = who + " for " + service + ": " + verdict.text + '\n';
  if (verdict.allowed) return out;
  // No rule matches, so each has failed.
  for (const Rule& rule : verdict.rules)
    out += "  " + LineOf(rule) + ": " + rule.match.error().message + '\n';
  return out;
}

Json RenderJson(const std::string& who, const std::string& service, const Verdict& verdict) {
  Json rules = Json::array();
  for (const Rule& rule : verdict.rules) {
    const bool matches = rule.match.has_value();
    rules.push_back({{"key", rule.key},
                     {"value", rule.text},
                     {"file", rule.origin.file},
                     {"line", rule.origin.line},
                     {"matches", matches},
                     {"why_not", matches ? Json() : Json(rule.match.error().message)}});
  }

  return {{"service", service},
          {"principal", who},
          {"allowed", verdict.allowed},
          {"text", verdict.text},
          {"rules", std::move(rules)}};
}

}  // namespace

int RunAllowed(const Options& options) {
  auto configuration = LoadOrComplain(options);
  if (!configuration) return kExitFailed;
  auto service = FindServiceOrComplain(*configuration, options.arguments[0]);
  if (service == nullptr) return kExitFailed;
  auto who = config::Principal::Parse(options.arguments[1]);
  if (!who) {
    Complain(Shown(options.arguments[1]) + " is no principal: " + who.error().message);
    return kExitUsage;
  }

  Verdict verdict;
  if (service->role == config::Role::kRelay) {
    verdict.text = "no: the service is only passed on here; its ends decide";
  } else if (service->role == config::Role::kListen) {
    verdict = JudgeAcceptor(*service, *who);
  } else {
    verdict = JudgeInitiator(*service, *who);
  }

  const std::string& name = options.arguments[0];
  options.json ? PrintJson(RenderJson(who->text(), name, verdict))
               : PrintText(RenderText(Shown(who->text()), name, verdict));
  return verdict.allowed ? kExitOk : kExitFailed;
}

}  // namespace funnel::ctl
