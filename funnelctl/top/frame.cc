#include "funnelctl/top/frame.h"

#include <algorithm>
#include <cstdio>

#include "funnelctl/figures.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

using Lines = std::vector<FrameLine>;
using Style = FrameLine::Style;

constexpr std::size_t kProblemsShown = 3;

std::string_view NameOf(Sort sort) {
  switch (sort) {
    case Sort::kName:
      return "name";
    case Sort::kTraffic:
      return "traffic";
    case Sort::kSessions:
      return "sessions";
    case Sort::kDropped:
      return "dropped";
  }
  return {};
}

std::string PrintRate(const Rate& rate) {
  if (!rate) return "-";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, *rate < 10 && *rate > 0 ? "%.1f" : "%.0f", *rate);
  return buffer;
}
std::string PrintByteRate(const Rate& rate) { return rate ? PrintBytes(Whole(*rate)) : "-"; }
std::string PrintRtt(const std::optional<double>& rtt) {
  return rtt ? PrintMilliseconds(*rtt) : "-";
}

// Sorts by the highest value; equal ones keep the order of the configuration, which is by name.
void SortServices(Sort sort, std::vector<ServiceTraffic>& services) {
  auto weight = [sort](const ServiceTraffic& one) -> double {
    switch (sort) {
      case Sort::kName:
        return 0;
      case Sort::kTraffic:
        return one.bytes_in.value_or(0) + one.bytes_out.value_or(0);
      case Sort::kSessions:
        return static_cast<double>(one.sessions.value_or(0));
      case Sort::kDropped:
        return static_cast<double>(one.dropped_in_all);
    }
    return 0;
  };

  std::ranges::stable_sort(services, std::ranges::greater{}, weight);
}

void AddTable(const Table& table, Lines& lines) {
  std::string text = table.Print();
  Style style = Style::kHeading;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find('\n', begin);
    lines.push_back({text.substr(begin, end - begin), style});
    style = Style::kPlain;
    begin = end + 1;
  }
}

void AddHead(const Look& now, const FrameOptions& options, Lines& lines) {
  lines.push_back({"Node " + Shown(now.view.node_name()) + "   " + PrintTime(now.view.now) +
                       "   sorted by " + std::string(NameOf(options.sort)) +
                       "   q quit, s sort, space look now",
                   Style::kTitle});
  std::vector<std::string> problems = FindProblems(now.view);
  for (std::size_t i = 0; i < std::min(problems.size(), kProblemsShown); ++i)
    lines.push_back({"* " + problems[i], Style::kProblem});
  if (problems.size() > kProblemsShown) {
    lines.push_back(
        {"* and " + std::to_string(problems.size() - kProblemsShown) + " more: funnelctl status",
         Style::kProblem});
  }
}

void AddPeers(const Look& before, const Look& now, Lines& lines) {
  Table table(
      {"PEER", "STATE", "RTT", "OUT/s", "IN/s", "RESENT/s", "CHANNELS", "CARRIER", "ADDRESS"});
  for (const PeerTraffic& peer : TrafficOfPeers(before, now)) {
    table.AddRow({Shown(peer.name), Shown(peer.state), PrintRtt(peer.rtt_ms),
                  PrintByteRate(peer.bytes_out), PrintByteRate(peer.bytes_in),
                  PrintRate(peer.retransmitted), std::to_string(peer.channels), Shown(peer.carrier),
                  Shown(peer.address)});
  }
  AddTable(table, lines);
}

void AddServices(const Look& before, const Look& now, Sort sort, Lines& lines) {
  std::vector<ServiceTraffic> services = TrafficOfServices(before, now);
  SortServices(sort, services);
  Table table({"SERVICE", "ROLE", "SESSIONS", "OUT/s", "IN/s", "FRAMES/s", "QUEUED", "DROPPED/s",
               "DROPPED", "RTT", "STATE"});
  for (const ServiceTraffic& one : services) {
    table.AddRow({one.name, one.role, one.sessions ? std::to_string(*one.sessions) : "-",
                  PrintByteRate(one.bytes_out), PrintByteRate(one.bytes_in), PrintRate(one.frames),
                  PrintBytes(one.queued_bytes), PrintRate(one.dropped),
                  std::to_string(one.dropped_in_all), PrintRtt(one.rtt_ms), one.state});
  }
  AddTable(table, lines);
}

// The last row then says how many more there are.
void CutRows(std::size_t rows, Lines& lines) {
  if (rows == 0 || lines.size() <= rows) return;
  std::size_t hidden = lines.size() - rows + 1;
  lines.resize(rows);
  lines.back() = {"... " + std::to_string(hidden) + " more lines", Style::kHeading};
}

}  // namespace

Sort NextSort(Sort sort) {
  return sort == Sort::kDropped ? Sort::kName : static_cast<Sort>(static_cast<int>(sort) + 1);
}

std::vector<FrameLine> RenderFrame(const Look& before, const Look& now,
                                   const FrameOptions& options) {
  Lines lines;
  AddHead(now, options, lines);
  lines.emplace_back();
  AddPeers(before, now, lines);
  lines.emplace_back();
  AddServices(before, now, options.sort, lines);
  CutRows(options.rows, lines);
  if (options.columns > 0) {
    for (FrameLine& line : lines)
      if (line.text.size() > options.columns) line.text.resize(options.columns);
  }

  return lines;
}

}  // namespace funnel::ctl
