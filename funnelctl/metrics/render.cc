// Families for Prometheus, as JSON, and as a list.

#include "common/base/text.h"
#include "funnelctl/json.h"
#include "funnelctl/metrics/families.h"

namespace funnel::ctl {
namespace {

std::string_view TypeOf(const Family& family) { return family.counter ? "counter" : "gauge"; }

// A value may come from a daemon's answer, which may contain anything.
std::string EscapeLabel(std::string_view value) {
  std::string out;
  for (const char c : EscapeForLog(value)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

double Divided(const Family& family, std::uint64_t value) {
  return static_cast<double>(value) / static_cast<double>(family.divisor);
}

std::string PrintValue(const Family& family, std::uint64_t value) {
  return family.divisor == 1 ? std::to_string(value) : std::to_string(Divided(family, value));
}

// {daemon="funnel-udpd",service="dns"}
std::string PrintLabels(const Sample& sample) {
  std::string out;
  for (const auto& [name, value] : sample.labels)
    out += (out.empty() ? "{" : ",") + name + "=\"" + EscapeLabel(value) + '"';
  return out.empty() ? out : out + '}';
}

}  // namespace

std::string RenderExposition(const std::vector<Family>& families) {
  std::string out;
  for (const Family& family : families) {
    if (family.samples.empty()) continue;
    out += "# HELP " + family.name + ' ' + family.help + '\n';
    out += "# TYPE " + family.name + ' ' + std::string(TypeOf(family)) + '\n';
    for (const Sample& sample : family.samples)
      out += family.name + PrintLabels(sample) + ' ' + PrintValue(family, sample.value) + '\n';
  }
  return out;
}

std::string RenderFamiliesJson(const std::vector<Family>& families) {
  Json out = Json::array();
  for (const Family& family : families) {
    Json samples = Json::array();
    for (const Sample& sample : family.samples) {
      Json labels = Json::object();
      for (const auto& [name, value] : sample.labels) labels[name] = value;
      Json value = sample.value;
      if (family.divisor != 1) value = Divided(family, sample.value);
      samples.push_back({{"labels", std::move(labels)}, {"value", std::move(value)}});
    }
    out.push_back({{"name", family.name},
                   {"type", TypeOf(family)},
                   {"help", family.help},
                   {"labels", family.labels},
                   {"samples", std::move(samples)}});
  }

  return out.dump(2) + '\n';
}

std::string RenderFamilyList(const std::vector<Family>& families) {
  std::string out;
  for (const Family& family : families) {
    std::string labels;
    for (const std::string& label : family.labels) labels += (labels.empty() ? "" : ",") + label;
    out += family.name + '\t' + std::string(TypeOf(family)) + '\t' + labels + '\t' + family.help +
           '\n';
  }
  return out;
}

}  // namespace funnel::ctl
