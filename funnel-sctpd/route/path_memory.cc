#include "funnel-sctpd/route/path_memory.h"

#include <charconv>

namespace funnel::sctpd {
namespace {

constexpr std::string_view kHeader = "funnel-routes 1";

// Removes the part before the next SEPARATOR, and the SEPARATOR, from TEXT; returns the part.
std::string_view TakeUntil(std::string_view& text, char separator) {
  std::size_t at = text.find(separator);
  std::string_view head = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return head;
}

template <typename Number>
bool TakeNumber(std::string_view text, Number& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool ParseLine(std::string_view line, std::string& peer, RememberedPath& out) {
  peer = TakeUntil(line, ' ');
  std::string_view carrier = TakeUntil(line, ' ');
  auto address = sctp::TransportAddress::Parse(TakeUntil(line, ' '), 0);
  std::string_view port = TakeUntil(line, ' ');
  if (carrier == Name(sctp::Carrier::kDirect))
    out.candidate.carrier = sctp::Carrier::kDirect;
  else if (carrier == Name(sctp::Carrier::kUdp))
    out.candidate.carrier = sctp::Carrier::kUdp;
  else
    return false;
  if (peer.empty() || !address || !TakeNumber(port, out.candidate.sctp_port)) return false;
  if ((address->port() == 0) != (out.candidate.carrier == sctp::Carrier::kDirect)) return false;
  out.candidate.address = *address;
  return TakeNumber(line, out.direct_from_unix);
}

}  // namespace

Result<> PathMemory::Parse(std::string_view text) {
  if (TakeUntil(text, '\n') != kHeader) return Fail("line 1: not a list of routes");
  std::optional<int> wrong;
  for (int number = 2; !text.empty() && peers_.size() < kMaxPeers; ++number) {
    // A line without its end was cut off.
    bool whole = text.find('\n') != std::string_view::npos;
    std::string peer;
    RememberedPath remembered;
    if (ParseLine(TakeUntil(text, '\n'), peer, remembered) && whole)
      peers_[peer] = remembered;
    else if (!wrong)
      wrong = number;
  }
  if (wrong) return Fail("line " + std::to_string(*wrong) + ": makes no sense");
  return {};
}

std::string PathMemory::Serialize() const {
  std::string out(kHeader);
  out += '\n';
  for (const auto& [peer, remembered] : peers_) {
    const Candidate& candidate = remembered.candidate;
    out.append(peer).append(" ").append(Name(candidate.carrier)).append(" ");
    out.append(AddressText(candidate.path()))
        .append(" ")
        .append(std::to_string(candidate.sctp_port));
    out.append(" ").append(std::to_string(remembered.direct_from_unix)).append("\n");
  }
  return out;
}

const RememberedPath* PathMemory::Find(const std::string& peer) const {
  auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : &found->second;
}

bool PathMemory::Set(const std::string& peer, const RememberedPath& remembered) {
  auto [at, fresh] = peers_.try_emplace(peer, remembered);
  if (fresh) return true;
  RememberedPath& known = at->second;
  bool same = known.candidate.path() == remembered.candidate.path() &&
              known.candidate.sctp_port == remembered.candidate.sctp_port &&
              known.direct_from_unix == remembered.direct_from_unix;
  known = remembered;
  return !same;
}

}  // namespace funnel::sctpd
