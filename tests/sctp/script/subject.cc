#include "tests/sctp/script/subject.h"

#include <functional>
#include <map>

namespace sctp::testing {
namespace {

using funnel::Fail;
using funnel::Result;
using std::chrono::hours;

std::uint16_t Count(const std::string& text) {
  return static_cast<std::uint16_t>(std::stoul(text));
}

using Setter = std::function<void(EndpointSettings&, const std::string&)>;
const std::map<std::string, Setter>& Setters() {
  static const std::map<std::string, Setter> setters = {
      {"format", [](auto& s, auto& v) { s.association.capabilities.interleaving = v == "idata"; }},
      {"ends", [](auto& s, auto& v) { s.association.ends_are_questions = v == "questions"; }},
      {"out", [](auto& s, auto& v) { s.association.out_streams = Count(v); }},
      {"in", [](auto& s, auto& v) { s.association.in_streams = Count(v); }},
      {"window",
       [](auto& s, auto& v) {
         s.association.first_window_bytes = s.association.window_bytes = std::stoul(v);
       }},
      {"packet", [](auto& s, auto& v) { s.association.packet_bytes = std::stoul(v); }},
      {"largest", [](auto& s, auto& v) { s.association.max_message_bytes = std::stoul(v); }},
      {"attempts", [](auto& s, auto& v) { s.association.initiator.attempts = std::stoi(v); }},
      {"dead-after", [](auto& s, auto& v) { s.association.heartbeats.dead_after = Seconds(v); }},
      {"heartbeat", [](auto& s, auto& v) { s.association.heartbeats.interval = Seconds(v); }},
      {"probe", [](auto& s, auto& v) { s.association.paths.probe_interval = Seconds(v); }},
      {"cookie-lifetime", [](auto& s, auto& v) { s.cookies.lifetime = Seconds(v); }},
      {"associations", [](auto& s, auto& v) { s.max_associations = std::stoul(v); }},
  };
  return setters;
}

}  // namespace

Duration Seconds(const std::string& text) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::stod(text)));
}

Address HostNumber(std::uint8_t number) {
  Address address;
  address.host[10] = address.host[11] = 0xff;
  address.host[12] = 192;
  address.host[14] = 2;
  address.host[15] = number;
  return address;
}

Subject::Subject() {
  settings_.port = kSubjectPort;
  AssociationSettings& association = settings_.association;
  association.capabilities = {false, true, std::nullopt};
  association.congestion = CongestionLaw::kReno;
  association.ends_are_questions = false;
  association.heartbeats = {hours(1), hours(2)};
}

Result<> Subject::Set(const std::string& name, const std::string& value) {
  const auto found = Setters().find(name);
  if (found == Setters().end()) return Fail("the subject has no setting '" + name + "'");
  if (endpoint_) return Fail("'set' belongs in front of everything else");
  found->second(settings_, value);
  return {};
}

Endpoint& Subject::endpoint() {
  if (!endpoint_) endpoint_ = std::make_unique<Endpoint>(settings_, random_, *this, now_);
  return *endpoint_;
}

bool Subject::Connect() {
  const auto id = endpoint().Connect(HostNumber(2), kTesterPort, now_);
  if (id) id_ = *id;
  Drain();
  return id.has_value();
}

bool Subject::Send(StreamId stream, ByteView message, const SendOptions& options) {
  const SendStatus status = endpoint().Send(id_, stream, message, options, now_);
  Drain();
  return status == SendStatus::kSent;
}

void Subject::Shutdown() {
  endpoint().Shutdown(id_, now_);
  Drain();
}

void Subject::Abort(const std::string& text) {
  endpoint().Abort(id_, text);
  Drain();
}

void Subject::OnPacket(const Address& from, MutableByteView packet) {
  endpoint().OnPacket(from, packet, Checksum::kVerify, now_);
  Drain();
}

void Subject::Pass(TimePoint end) {
  while (departures_.empty()) {
    const TimePoint next = endpoint().NextTimer();
    if (next > end) break;
    now_ = std::max(now_, next);
    endpoint().OnTimer(now_);
    Drain();
  }
  if (departures_.empty()) now_ = std::max(now_, end);
}

void Subject::Drain() {
  Bytes buffer(kBufferBytes);
  while (const auto departure = endpoint_->NextPacket(buffer, now_))
    departures_.push_back(
        {Bytes(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(departure->size)),
         departure->to, now_});
}

void Subject::OnUp(AssociationId association, const Address&, bool) {
  id_ = association;
  events_.push_back("up");
}

void Subject::OnDown(AssociationId, DownReason reason, std::string_view) {
  events_.push_back("down " + std::string(Name(reason)));
}

void Subject::OnMessage(AssociationId, StreamId stream, std::uint32_t, MutableByteView message) {
  events_.push_back("message stream=" + std::to_string(stream.value()) +
                    " bytes=" + std::to_string(message.size()));
}

}  // namespace sctp::testing
